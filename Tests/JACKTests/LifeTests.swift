import Glibc
import GraphEngine
import JACKDriver
import TestSupport
import Testing

extension JACKTests {
  /// Ends of runs, and events that they survive.
  @Suite struct LifeTests {
    @Test func aServerThatEndsEndsTheRun() throws {
      try withServer { server in
        #expect {
          try runDriver(passThrough(), server: server.name) { run in
            if run.driver.control.cycles > 0 { server.stop() }
            return false
          }
        } throws: {
          guard case .serverShutDown = $0 as? JACKError else { return false }
          return "\($0)".hasPrefix("the JACK server shut down")
            && ($0 as? JACKError)?.suggestion?.contains("--reconnect") == true
        }
      }
    }

    @Test func aServerThatIsKilledEndsTheRunToo() throws {
      try withServer { server in
        #expect(throws: JACKError.self) {
          try runDriver(passThrough(), server: server.name) { run in
            if run.driver.control.cycles > 0, let process = server.processIdentifier { kill(process, SIGKILL) }
            return false
          }
        }
      }
    }

    @Test func aRunGoesOnWithTheNextServer() throws {
      let name = PrivateServer.uniqueName()
      var first: PrivateServer? = try PrivateServer(name: name, options: .init(period: 256))
      var second: PrivateServer?
      let watchdog = Watchdog(seconds: 120) {}
      defer {
        watchdog.cancel()
        second?.stop()
      }
      var last: RunningDriver?
      var witness = GapWitness()
      // Without a server the position stays constant.
      var loss: (position: Int64, frames: Int64)?
      var seconds = 0.0
      let events = try runDriver(passThrough(input: "\"system:capture_1\""), server: name, reconnects: true) { run in
        last = run
        if first != nil && run.engine.realtime.position > 20_000 {
          first?.stop()
          first = nil
        } else if run.events.contains(where: { if case .serverLost = $0 { true } else { false } }) && second == nil {
          loss = (run.engine.realtime.position, run.engine.statistics.frames)
          let begin = ContinuousClock.now
          second = try PrivateServer(name: name, options: .init(period: 128))
          seconds = (.now - begin) / .seconds(1)
        }
        guard run.events.contains(where: { if case .serverBack = $0 { true } else { false } }), let loss else {
          return false
        }
        return run.engine.statistics.frames > loss.frames + 20_000
          && witness.areExplained(run.driver.control, run.engine, besides: 1)
      }
      #expect(events.contains { if case .serverBack = $0 { true } else { false } })
      let (run, lost) = (try #require(last), try #require(loss))
      // No cycle runs any more: the counters are constant and consistent.
      run.engine.service()
      let (end, gaps) = (run.engine.statistics, run.log.gaps)
      let ours = gaps.filter { $0.position == lost.position }
      // At least the time without a server; the last cycle with the first one had 256 frames.
      #expect(ours.count == 1 && Double(ours[0].frames + 256) >= seconds * 48_000, "\(gaps), \(seconds) s")
      #expect(!witness.hasDoubts, "\(end.gaps) gaps, but \(end.xruns) xruns: \(gaps)")
      #expect(gaps.count == end.gaps && gaps.reduce(0) { $0 + $1.frames } == end.lostFrames)
      #expect(end.position == end.frames + end.lostFrames)
    }

    /// It is reported once, and the run waits: it continues with the next server that has its rate.
    @Test func aServerOfAnotherRateIsNoneToGoOnWith() throws {
      let name = PrivateServer.uniqueName()
      var servers = [try PrivateServer(name: name)]
      let watchdog = Watchdog(seconds: 120) {}
      defer {
        watchdog.cancel()
        servers.last?.stop()
      }
      let events = try runDriver(passThrough(), server: name, reconnects: true) { run in
        if servers.count == 1 && run.engine.realtime.position > 0 { servers[0].stop() }
        // The driver has left the first server by then.
        if servers.count == 1 && !run.events.isEmpty {
          servers.append(try PrivateServer(name: name, options: .init(rate: 44100)))
        }
        if servers.count == 2 && run.events.contains(.otherRate(44100, wanted: 48000)) {
          servers[1].stop()
          servers.append(try PrivateServer(name: name))
        }
        return run.events.contains { if case .serverBack = $0 { true } else { false } }
      }
      #expect(events.count { if case .otherRate = $0 { true } else { false } } == 1, "\(events)")
      #expect(events.last.map { if case .serverBack = $0 { true } else { false } } == true, "\(events)")
    }

    @Test func nothingIsProcessedBeforeTheTransportRolls() throws {
      try withServer(.init(period: 128)) { server in
        var hasStarted = false
        let events = try runDriver(passThrough(), server: server.name, origin: .transport) { run in
          if !hasStarted && run.driver.control.cycles >= 40 {
            #expect(run.engine.realtime.position == 0)
            try Tool.run("sh", ["-c", "echo play | jack_transport"], server: server.name)
            hasStarted = true
          }
          return run.engine.realtime.position > 0 && !run.events.isEmpty
        }
        #expect(hasStarted)
        #expect(events == [.began])
      }
    }

    @Test func stoppingIsIdempotentAndFrees() throws {
      try withServer { server in
        for _ in 0..<3 {
          let engine = try makeEngine(passThrough())
          let driver = try JACKDriver(.init(name: "watch", server: server.name))
          try engine.prepare(rate: driver.rate)
          try driver.attach(engine)
          driver.control.stop()
          driver.control.stop()
          try driver.run()
          driver.close()
          driver.close()
        }
        #expect(try Tool.run("jack_lsp", [], server: server.name).lines.allSatisfy { !$0.hasPrefix("watch") })
      }
    }

    @Test func callsOutOfOrderAreRefused() throws {
      try withServer { server in
        let engine = try makeEngine(passThrough())
        let driver = try JACKDriver(.init(name: "watch", server: server.name))
        #expect {
          try driver.run()
        } throws: {
          "\($0)" == "run was called on a JACK driver that is opened"
        }
        try engine.prepare(rate: driver.rate)
        try driver.attach(engine)
        #expect(throws: JACKError.wrongOrder(call: "attach", stage: "attached")) { try driver.attach(engine) }
        driver.close()
        #expect(throws: JACKError.wrongOrder(call: "run", stage: "ended")) { try driver.run() }
      }
    }
  }
}

import GraphEngine
import JACKDriver
import TestSupport
import Testing

extension JACKTests {
  /// Ports follow a graph that changes while it runs.
  @Suite struct ChannelTests {
    /// Sources by name, each with its other parameters; all samples are counted and discarded.
    private func graph(_ sources: [(name: String, rest: String)], output: String? = nil) throws -> Graph {
      var nodes = sources.map { "  \($0.name): { type: source\($0.rest) }" }
      var links = sources.map { "  - \($0.name) -> \($0.name)-end" }
      nodes += sources.map { "  \($0.name)-end: { type: sink.null }" }
      if let output {
        nodes.append("  play: { type: sink.audio\(output) }")
        links.append("  - \(sources[0].name) -> play")
      }
      let text = (["graph: ports", "nodes:"] + nodes + ["links:"] + links).joined(separator: "\n")
      return try Graph.load(text: text, catalog: TestPlugins.catalog).graph
    }

    /// Runs a graph, applies another one when `prepare` returns true, and calls `check` when that is done.
    private func change(
      _ first: Graph, to second: Graph, server: PrivateServer, prepare: (RunningDriver) throws -> Bool,
      check: (RunningDriver) throws -> Void
    ) throws {
      let engine = try Engine(graph: first)
      let driver = try JACKDriver(.init(name: "watch", server: server.name))
      try engine.prepare(rate: driver.rate)
      try driver.attach(engine)
      var options = SwapOptions()
      options.probation = 0.1
      let log = LogLines()
      var events: [JACKEvent] = []
      var isApplied = false
      var failure: (any Error)?
      try driver.run {
        do {
          let run = RunningDriver(driver: driver, engine: engine, events: events, log: log)
          if !isApplied {
            guard try prepare(run) else { return }
            isApplied = true
            try engine.apply(second, options: options)
          } else if !engine.isSwapping {
            try check(run)
            driver.control.stop()
          }
        } catch {
          failure = error
          driver.control.stop()
        }
      } report: {
        events.append($0)
      }
      if let failure { throw failure }
    }

    private func connections(_ server: PrivateServer) throws -> [String] {
      var port = ""
      var pairs: Set<String> = []
      for line in try Tool.run("jack_lsp", ["-c"], server: server.name).lines {
        if line.hasPrefix(" ") {
          let peer = line.drop { $0 == " " }
          if port.hasPrefix("watch:") { pairs.insert("\(port) \(peer)") }
        } else {
          port = line
        }
      }
      return pairs.sorted()
    }

    @Test func portsComeConnectedAndGoAndOthersKeepWhatAPersonConnected() throws {
      try withServer(.init(period: 128)) { server in
        let first = try graph([("mic", ", connect: \"system:capture_1\""), ("old", ", connect: \"system:capture_2\"")])
        let second = try graph([
          ("mic", ", connect: \"system:capture_1\""), ("new", ", channels: 2, connect: \"system:capture_.*\""),
        ])
        try change(first, to: second, server: server) { run in
          guard run.events.count(where: \.isConnection) == 2 else { return false }
          try Tool.run("jack_disconnect", ["system:capture_1", "watch:mic"], server: server.name)
          try Tool.run("jack_connect", ["system:capture_2", "watch:mic"], server: server.name)
          return true
        } check: { run in
          #expect(run.driver.portNames == ["mic", "new_1", "new_2"])
          #expect(run.engine.inputChannels.map { $0?.node } == ["mic", nil, "new", "new"])
          let connections = try connections(server)
          #expect(
            connections == [
              "watch:mic system:capture_2", "watch:new_1 system:capture_1", "watch:new_2 system:capture_2",
            ])
          #expect(
            run.events.filter(\.isConnection).suffix(2) == [
              .connected(Connection(source: "system:capture_1", destination: "watch:new_1")),
              .connected(Connection(source: "system:capture_2", destination: "watch:new_2")),
            ])
        }
      }
    }

    @Test func aChangedConnectReconnectsWhatItMade() throws {
      try withServer(.init(period: 128)) { server in
        let first = try graph([("mic", ", connect: \"system:capture_1\"")])
        let second = try graph([("mic", ", connect: \"system:capture_2\"")])
        var player: JACKPlayer?
        try change(first, to: second, server: server) { run in
          guard run.events.contains(where: \.isConnection) else { return false }
          player = try JACKPlayer(server: server.name, samples: [[0]])
          try Tool.run("jack_connect", ["player:out_1", "watch:mic"], server: server.name)
          return true
        } check: { run in
          #expect(run.engine.swapStatus?.plan.changes.allSatisfy { $0.action == .kept } == true)
          let connections = try connections(server)
          #expect(connections == ["watch:mic player:out_1", "watch:mic system:capture_2"])
        }
        player?.close()
      }
    }

    @Test func aPortWithAnotherNumberKeepsItsConnections() throws {
      try withServer(.init(period: 128)) { server in
        let first = try graph([("mic", "")])
        let second = try graph([("mic", ", channels: 2")])
        try change(first, to: second, server: server) { run in
          guard run.driver.control.cycles > 0 else { return false }
          try Tool.run("jack_connect", ["system:capture_2", "watch:mic"], server: server.name)
          return true
        } check: { run in
          #expect(run.driver.portNames == ["mic_1", "mic_2"])
          let connections = try connections(server)
          #expect(connections == ["watch:mic_1 system:capture_2"])
        }
      }
    }

    @Test func anOutputThatComesPlaysAndStatesItsLatency() throws {
      try withServer(.init(period: 128)) { server in
        let first = try graph([("mic", ", connect: \"system:capture_1\"")])
        let second = try graph(
          [("mic", ", connect: \"system:capture_1\"")], output: ", connect: \"system:playback_1\"")
        try change(first, to: second, server: server) { run in
          run.events.contains(where: \.isConnection)
        } check: { run in
          #expect(run.driver.portNames == ["mic", "play"])
          let connections = try connections(server)
          #expect(connections == ["watch:mic system:capture_1", "watch:play system:playback_1"])
          let lines = try Tool.run("jack_lsp", ["-l", "watch:mic"], server: server.name).lines
          let line = try #require(lines.first { $0.contains("port playback latency") })
          #expect(line.split(whereSeparator: { !$0.isNumber }).contains { Int($0) ?? 0 > 0 })
        }
      }
    }

    /// Far more often than a user would, with the same indexes again and again.
    @Test func portsComeAndGoManyTimes() throws {
      try withServer(.init(period: 64)) { server in
        let engine = try Engine(graph: try graph([("mic", "")]))
        let driver = try JACKDriver(.init(name: "watch", server: server.name))
        try engine.prepare(rate: driver.rate)
        try driver.attach(engine)
        var options = SwapOptions()
        options.probation = 0
        var count = 0
        var failure: (any Error)?
        try driver.run {
          if engine.isSwapping { return driver.control.wake() }
          count += 1
          if count > 60 { return driver.control.stop() }
          do {
            let sources = (0...(count % 4)).map { (name: $0 == 0 ? "mic" : "more\($0)", rest: "") }
            try engine.apply(try graph(sources), options: options)
          } catch {
            failure = error
            driver.control.stop()
          }
          driver.control.wake()
        }
        if let failure { throw failure }
        #expect(count > 60)
        #expect(engine.inputChannels.count == 4)
      }
    }
  }
}

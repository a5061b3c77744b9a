import Foundation
import GraphEngine
import JACKDriver
import TestSupport
import Testing

extension JACKTests {
  /// JACK's own programs as peers of a pass-through graph.
  @Suite struct PeerTests {
    /// The path out of jack_iodelay, through us and back takes one period, because the loop must be cut somewhere.
    @Test func iodelayMeasuresNoDelayOfOurs() throws {
      try withServer(.init(period: 256, isSynchronous: true)) { server in
        var peer: (process: Process, output: Pipe)?
        var text = ""
        try runDriver(passThrough(input: "\"jack_delay:out\"", output: "\"jack_delay:in\""), server: server.name) {
          run in
          guard let (process, output) = peer else {
            peer = try Tool.start(
              "stdbuf", ["-oL", "jack_iodelay"], server: server.name, seconds: 60, signal: "KILL")
            return false
          }
          text += output.whatHasCome()
          return text.contains(" 256.000 frames") || !process.isRunning
        }
        let (process, _) = try #require(peer)
        Tool.end(process)
        #expect(text.contains(" 256.000 frames"), "\(text.suffix(2000))")
      }
    }

    @Test func recRecordsWhatGoesThroughUs() throws {
      var random = SeededRandom.fresh()
      // Enough to last until the recorder runs and has all its samples.
      let samples = random.noise(frames: 40 * 48_000)
      let file = FileManager.default.temporaryDirectory.appendingPathComponent("auscult-\(UUID().uuidString).wav")
      defer { try? FileManager.default.removeItem(at: file) }
      try withServer(.init(period: 256, isSynchronous: true)) { server in
        let player = try JACKPlayer(server: server.name, samples: samples)
        defer { player.close() }
        var peer: (process: Process, output: Pipe)?
        var rolls = false
        try runDriver(passThrough(input: "\"player:out_1\""), server: server.name) { run in
          guard run.events.contains(where: \.isConnection) else { return false }
          if !rolls {
            player.startTransport()
            rolls = true
          } else if peer == nil && player.played > 4096 {
            // With room for everything: the time at which the recorder's other thread writes does not matter.
            peer = try Tool.start(
              "jack_rec", ["-f", file.path, "-d", "2", "-b", "32", "-B", "131072", "watch:play"], server: server.name,
              seconds: 60)
          }
          return peer?.process.isRunning == false
        }
        #expect(player.jumps == 0)
      }
      let recorded = try words(of: file)
      let sent = samples[0].map { Int32(clamping: Int64((Double($0) * 2_147_483_648).rounded())) }
      #expect(recorded.count == 96_000)
      let begin = try #require(recorded.firstIndex { $0 != 0 }, "seed \(random.seed)")
      let heard = recorded[begin...]
      // jack_rec writes 32 bits from float32: the last seven are rounding.
      func fits(_ place: Int, _ count: Int) -> Bool {
        place + count <= sent.count
          && zip(heard.prefix(count), sent[place...]).allSatisfy { abs(Int64($0) - Int64($1)) < 256 }
      }
      let place = try #require(sent.indices.first { fits($0, 16) }, "seed \(random.seed)")
      // The first cycles are from before it was connected.
      #expect(heard.count > 90_000)
      #expect(fits(place, heard.count), "seed \(random.seed)")
    }

    @Test func jackFreewheelIsFollowed() throws {
      try withServer(.init(period: 256)) { server in
        var step = 0
        let events = try runDriver(passThrough(), server: server.name) { run in
          switch step {
          case 0:
            try Tool.run("jack_freewheel", ["y"], server: server.name)
            step = 1
          case 1 where run.driver.control.isFreewheeling && run.engine.realtime.position > 500_000:
            try Tool.run("jack_freewheel", ["n"], server: server.name)
            step = 2
          case 2: return !run.driver.control.isFreewheeling && run.events.contains(.freewheel(false))
          default: break
          }
          return false
        }
        #expect(events.contains(.freewheel(true)))
      }
    }

    @Test func bufsizeChangesThePeriod() throws {
      try withServer(.init(period: 256)) { server in
        var hasChanged = false
        let events = try runDriver(passThrough(), server: server.name) { run in
          if !hasChanged {
            try Tool.run("jack_bufsize", ["64"], server: server.name)
            hasChanged = true
          }
          return run.driver.control.period == 64 && run.events.contains(.period(64))
        }
        #expect(events == [.period(64)])
      }
    }

    @Test func connectMakesConnectionsThatWeDidNotAskFor() throws {
      try withServer { server in
        try runDriver(passThrough(), server: server.name) { run in
          let made = try Tool.run("jack_connect", ["system:capture_1", "watch:mic"], server: server.name)
          #expect(made.status == 0)
          let seen = try Tool.run("jack_lsp", ["-c", "watch:mic"], server: server.name).output
          #expect(seen.contains("system:capture_1"))
          return true
        }
      }
    }

    /// Samples of a 32-bit PCM WAV file with one channel.
    private func words(of file: URL) throws -> [Int32] {
      let bytes = [UInt8](try Data(contentsOf: file))
      let marker = Array("data".utf8)
      let start = try #require((12..<bytes.count - 8).first { Array(bytes[$0..<$0 + 4]) == marker }) + 8
      let length = (bytes.count - start) / 4 * 4
      return bytes[start..<start + length].withUnsafeBytes { raw in
        (0..<length / 4).map { Int32(littleEndian: raw.loadUnaligned(fromByteOffset: $0 * 4, as: Int32.self)) }
      }
    }
  }
}

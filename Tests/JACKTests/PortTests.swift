import GraphEngine
import JACKDriver
import TestSupport
import Testing

extension JACKTests {
  /// Ports, their names, connections and latencies, seen with JACK's own tools.
  @Suite struct PortTests {
    @Test func portsAreNamedAfterNodesAndChannels() throws {
      try withServer { server in
        try runDriver(passThrough(channels: 2), server: server.name) { _ in
          let ports = try Tool.run("jack_lsp", ["-p", "watch:"], server: server.name).lines
          #expect(
            ports.filter { $0.hasPrefix("watch:") } == ["watch:mic_1", "watch:mic_2", "watch:play_1", "watch:play_2"])
          #expect(ports.filter { $0.contains("properties: input") }.count == 2)
          return true
        }
        try runDriver(passThrough(), server: server.name) { _ in
          let ports = try Tool.run("jack_lsp", ["watch:"], server: server.name).lines
          #expect(ports.filter { $0.hasPrefix("watch:") } == ["watch:mic", "watch:play"])
          return true
        }
      }
    }

    @Test func machinesArePrettyNamesForAsLongAsTheClientRuns() throws {
      let graph = passThrough(channels: 2).replacing(
        "channels: 2", with: "channels: 2, machines: [fan-03, \"pump, left\"]")
      try withServer { server in
        try runDriver(graph, server: server.name) { _ in
          let names = try Tool.run("jack_property", ["-l"], server: server.name).output
          #expect(names.contains("fan-03") && names.contains("pump, left"))
          return true
        }
        let names = try Tool.run("jack_property", ["-l"], server: server.name).output
        #expect(!names.contains("fan-03"))
      }
    }

    @Test func connectTextsAreConnectedAndReported() throws {
      try withServer { server in
        let graph = passThrough(
          channels: 2, input: "\"system:capture_.*\"", output: "[\"system:playback_2\", \"nothing:.*\"]")
        let events = try runDriver(graph, server: server.name) { run in
          run.events.count(where: \.isConnection) == 3
            && run.events.contains { if case .waiting = $0 { true } else { false } }
        }
        #expect(
          events == [
            .connected(Connection(source: "system:capture_1", destination: "watch:mic_1")),
            .connected(Connection(source: "system:capture_2", destination: "watch:mic_2")),
            .connected(Connection(source: "watch:play_1", destination: "system:playback_2")),
            .waiting(
              Waiting(
                port: "watch:play_2", patterns: ["nothing:.*"],
                available: ["system:playback_1", "system:playback_2"])),
          ])
      }
    }

    @Test func aTextThatIsNeitherNameNorPatternIsToldOf() throws {
      try withServer { server in
        let events = try runDriver(passThrough(input: "\"system:(\""), server: server.name) { !$0.events.isEmpty }
        #expect("\(events[0])".contains("'system:(' is no pattern: "))
        #expect("\(events[0])".contains("JACK has 'system:capture_1', 'system:capture_2'"))
      }
    }

    @Test func outputsCarryTheInputsLatencyAndOurDelay() throws {
      let graph = """
        graph: delayed
        nodes:
          mic:  { type: source, connect: "system:capture_1" }
          low:  { type: resample, rate: 16 kHz }
          high: { type: resample, rate: 48 kHz }
          play: { type: sink.audio, connect: "system:playback_1" }
        links:
          - mic -> low -> high -> play
        """
      try withServer(.init(period: 256)) { server in
        var delay: Int64 = 0
        let deadline = ContinuousClock.now + .seconds(60)
        try runDriver(graph, server: server.name) { run in
          guard run.events.count(where: \.isConnection) == 2 else { return false }
          delay = try #require(run.engine.externalOutputs.first?.latency)
          let capture = try latency(of: "system:capture_1", "capture", server.name)
          let playback = try latency(of: "system:playback_1", "playback", server.name)
          let through = try latency(of: "watch:play", "capture", server.name)
          let back = try latency(of: "watch:mic", "playback", server.name)
          // The server adds up latencies on a thread of its own, some time after it made a connection.
          if .now < deadline && (through != capture + delay || back != playback + delay) { return false }
          #expect(through == capture + delay)
          #expect(back == playback + delay)
          return true
        }
        #expect(delay > 0)
      }
    }

    @Test func aGraphWithoutAudioOutputLeavesLatenciesAlone() throws {
      try withServer { server in
        let graph = """
          graph: quiet
          nodes:
            mic: { type: source, connect: "system:capture_1" }
            end: { type: sink.null }
          links:
            - mic -> end
          """
        try runDriver(graph, server: server.name) { run in
          guard run.events.contains(where: \.isConnection) else { return false }
          let back = try latency(of: "watch:mic", "playback", server.name)
          #expect(back == 0)
          return true
        }
      }
    }

    /// The least of the range that `jack_lsp -l` shows for a port.
    private func latency(of port: String, _ kind: String, _ server: String) throws -> Int64 {
      let lines = try Tool.run("jack_lsp", ["-l", port], server: server).lines
      let line = try #require(lines.first { $0.contains("port \(kind) latency") }, "\(lines)")
      let numbers = line.split(whereSeparator: { !$0.isNumber }).compactMap { Int64($0) }
      return try #require(numbers.first)
    }
  }
}

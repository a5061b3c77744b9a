import CJACK
import Foundation
import GraphEngine
import JACKDriver
import TestSupport
import Testing

extension JACKTests {
  /// Sources that disappear and return, and cables that are disconnected, on a real server.
  @Suite struct ConnectionTests {
    /// A normal end: JACK lists the port for a moment after it was unregistered.
    @Test func aSourceThatEndsInGoodOrderIsHeardAgain() throws {
      try withServer { server in
        var player: JACKPlayer? = try JACKPlayer(server: server.name, samples: [[0]])
        let records = try run(server) { run in
          switch (count(run, .regained), player) {
          case (0, let present?) where run.events.contains(where: \.isConnection):
            present.close()
            player = nil
          case (0, nil) where count(run, .lost) == 1: player = try JACKPlayer(server: server.name, samples: [[0]])
          case (1, let present?) where count(run, .lost) == 1:
            // And once more, without a look in between.
            present.close()
            player = try JACKPlayer(server: server.name, samples: [[0]])
          case (2, _): return true
          default: break
          }
          return false
        }
        player?.close()
        #expect(records.map(\.state) == ["connected", "lost", "regained", "lost", "regained"])
        #expect(records.allSatisfy { $0.port == "watch:mic" && $0.peer == "player:out_1" && $0.machine == "fan" })
        // The record of the return spans the time without the port.
        #expect(records[2].begin == records[1].end && records[2].end > records[2].begin)
      }
    }

    @Test func aSourceThatIsKilledIsHeardAgain() throws {
      try withServer { server in
        var peer: Process? = try startSource(server)
        let records = try run(server, connect: "'jack_delay:out'") { run in
          switch count(run, .lost) {
          case 0 where run.events.contains(where: \.isConnection) && peer != nil:
            if let process = peer { Tool.end(process) }
            peer = nil
          case 1 where peer == nil: peer = try startSource(server)
          default: break
          }
          return count(run, .regained) == 1
        }
        if let peer { Tool.end(peer) }
        #expect(records.map(\.state) == ["connected", "lost", "regained"])
      }
    }

    @Test func aCableThatIsPulledIsPutBack() throws {
      try withServer { server in
        var pulls = 0
        let records = try run(server, connect: "'system:capture_1'") { run in
          if run.events.contains(where: \.isConnection) && pulls == count(run, .regained) {
            if pulls == 2 { return true }
            try Tool.run("jack_disconnect", ["system:capture_1", "watch:mic"], server: server.name)
            pulls += 1
          }
          return false
        }
        #expect(records.map(\.state) == ["connected", "lost", "regained", "lost", "regained"])
      }
    }

    /// Another program has renamed our port: it gets its name back, and we maintain its connections as before.
    @Test func aPortOfOursKeepsItsName() throws {
      try withServer { server in
        var step = 0
        let records = try run(server, connect: "'system:capture_1'") { run in
          switch step {
          case 0 where run.events.contains(where: \.isConnection):
            let other = try JACKClient(name: "other", server: server.name)
            let port = try #require(jack_port_by_name(other.handle, "watch:mic"))
            try other.rename(port, "foo")
            other.close()
            step = 1
          case 1 where try Tool.run("jack_lsp", [], server: server.name).lines.contains("watch:mic"):
            try Tool.run("jack_disconnect", ["system:capture_1", "watch:mic"], server: server.name)
            step = 2
          case 2: return count(run, .regained) == 1
          default: break
          }
          return false
        }
        #expect(records.map(\.state) == ["connected", "lost", "regained"])
        #expect(records.allSatisfy { $0.port == "watch:mic" })
      }
    }

    /// A connection that a user has made is reported, and stays unchanged.
    @Test func whatAPersonConnectsIsAPersonsToDisconnect() throws {
      try withServer { server in
        var step = 0
        let records = try run(server, connect: "[]") { run in
          switch step {
          case 0: try Tool.run("jack_connect", ["system:capture_2", "watch:mic"], server: server.name)
          case 1 where run.driver.control.ports.first?.isConnected == true:
            try Tool.run("jack_disconnect", ["system:capture_2", "watch:mic"], server: server.name)
          case 1: return false
          case 2 where count(run, .lost) == 0: return false
          default: break
          }
          step += 1
          return step > 15
        }
        #expect(records.map(\.state) == ["connected", "lost"])
      }
    }

    @Test func aliasesAndOddNamesAreNames() throws {
      try withServer { server in
        let odd = try NamedClient("odd [x] (1)", port: "out+ {2}|b", alias: "ceiling (left", server: server.name)
        defer { odd.close() }
        for text in ["'odd [x] (1):out+ {2}|b'", "'ceiling (left'"] {
          let records = try run(server, connect: text) { $0.events.contains(where: \.isConnection) }
          #expect(records.map(\.peer) == ["odd [x] (1):out+ {2}|b"])
        }
      }
    }

    /// At every position the source knows whether anything is connected.
    @Test func statesAreThereForWhoeverAsks() throws {
      try withServer { server in
        var seen: [PortState] = []
        try run(server, connect: "'system:capture_1'") { run in
          seen = run.driver.control.ports
          return seen.first?.isConnected ?? false
        }
        let state = try #require(seen.first)
        #expect(state.port == "watch:mic" && state.node == "mic" && state.channel == 0 && state.machine == "fan")
        #expect(
          state.isInput && state.connect == ["system:capture_1"] && state.peers.map(\.port) == ["system:capture_1"])
        #expect(abs(Double(state.since) / 1e9 - Date().timeIntervalSince1970) < 100)
      }
    }

    // MARK: Support

    private enum Kind { case lost, regained }

    private func count(_ run: RunningDriver, _ kind: Kind) -> Int {
      run.events.count {
        switch $0 {
        case .lost: kind == .lost
        case .regained: kind == .regained
        default: false
        }
      }
    }

    private struct Found: Decodable {
      var state: String
      var port: String
      var peer: String
      var machine: String?
      var begin: Int64
      var end: Int64
    }

    /// Runs a graph that records, until `step` returns true.
    ///
    /// - Returns: the records of connections.
    @discardableResult
    private func run(
      _ server: PrivateServer, connect: String = "'player:out_1'", _ step: (RunningDriver) throws -> Bool
    ) throws -> [Found] {
      let folder = FileManager.default.temporaryDirectory.appendingPathComponent("auscult-\(UUID().uuidString)")
      try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
      defer { try? FileManager.default.removeItem(at: folder) }
      let graph = """
        graph: connections
        nodes:
          mic: { type: source, machines: [fan], connect: \(connect) }
          stft: { type: stft, length: 512, hop: 512 }
          mel: { type: mel, bands: 8 }
          slices: { type: slicer, length: 4, hop: 4 }
          judge: { type: detector.level, learn: 10 s }
          log: { type: sink.jsonl, path: "${env:OUT}/log.jsonl" }
        links:
          - mic -> stft -> mel -> slices -> judge -> log
        """
      try runDriver(graph, server: server.name, folder: folder, step)
      let lines = try String(contentsOf: folder.appendingPathComponent("log.jsonl"), encoding: .utf8)
        .split(separator: "\n")
      let ends = try lines.map { try JSONDecoder().decode(End.self, from: Data($0.utf8)).end }
      #expect(ends == ends.sorted())
      return try lines.filter { $0.contains("\"kind\":\"connection\"") }
        .map { try JSONDecoder().decode(Found.self, from: Data($0.utf8)) }
    }

    private struct End: Decodable { var end: Int64 }

    private func startSource(_ server: PrivateServer) throws -> Process {
      try Tool.start("stdbuf", ["-oL", "jack_iodelay"], server: server.name, seconds: 60, signal: "KILL").process
    }
  }
}

/// A client with one silent port, with odd names.
private final class NamedClient {
  private let client: JACKClient

  init(_ name: String, port: String, alias: String, server: String) throws {
    client = try JACKClient(name: name, server: server)
    let pointer = try client.register(port, .output)
    #expect(jack_port_set_alias(pointer, alias) == 0)
    try client.activate()
  }

  func close() { client.close() }
}

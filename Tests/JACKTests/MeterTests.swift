import Foundation
import JACKDriver
import TestSupport
import Testing

extension JACKTests {
  /// Levels of other clients' ports.
  @Suite struct MeterTests {
    /// A square wave, a sine, silence: their exact peak and mean.
    @Test func levelsAreThoseOfTheSamples() throws {
      let count = 40 * 48_000
      let square = (0..<count).map { Float($0 % 100 < 50 ? 0.5 : -0.5) }
      let sine = (0..<count).map { Float(0.25 * sin(Double($0) * 2 * .pi / 480)) }
      try withServer(.init(period: 256)) { server in
        let player = try JACKPlayer(server: server.name, samples: [square, sine, [Float](repeating: 0, count: count)])
        defer { player.close() }
        player.startTransport()
        let meter = try PortMeter(server: server.name)
        defer { meter.close() }
        let levels = try levels(of: meter) { ports in
          (ports["player:out_1"]??.peak ?? 0) > 0 && (ports["player:out_1"]??.frames ?? 0) > 4800
        }
        let first = try #require(levels["player:out_1"] ?? nil)
        // The first look after the connection may hold some silence from before it.
        #expect(first.peak == 0.5 && first.rms > 0.4 && first.rms <= 0.5001)
        let second = try #require(levels["player:out_2"] ?? nil)
        #expect(abs(second.peak - 0.25) < 1e-6 && abs(second.rms - 0.1768) < 0.02)
        #expect(levels["player:out_3"]??.peak == 0)
        #expect(!first.isBroken)
      }
    }

    @Test func whatIsNoNumberIsToldOf() throws {
      try withServer(.init(period: 256)) { server in
        let player = try JACKPlayer(server: server.name, samples: [[Float](repeating: .nan, count: 40 * 48_000)])
        defer { player.close() }
        player.startTransport()
        let meter = try PortMeter(server: server.name)
        defer { meter.close() }
        let levels = try levels(of: meter) { $0["player:out_1"]??.isBroken ?? false }
        #expect(levels["player:out_1"]??.isBroken == true)
      }
    }

    /// New ports are measured, removed ones free their place; our own ports do not count, and we are not a peer of any
    /// client.
    @Test func portsComeAndGo() throws {
      try withServer { server in
        let meter = try PortMeter(server: server.name)
        defer { meter.close() }
        #expect(
          try meter.look().map(\.name).sorted() == [
            "system:capture_1", "system:capture_2", "system:playback_1", "system:playback_2",
          ])
        for round in 0..<3 {
          let player = try JACKPlayer(name: "p\(round)", server: server.name, samples: [[0]])
          let levels = try levels(of: meter) { ($0["p\(round):out_1"] ?? nil) != nil }
          #expect(levels["p\(round):out_1"]??.peak == 0)
          try Tool.run("jack_connect", ["p\(round):out_1", "system:playback_1"], server: server.name)
          let port = try #require(try meter.look().first { $0.name == "p\(round):out_1" })
          #expect(port.peers == ["system:playback_1"] && port.isOutput)
          player.close()
        }
      }
    }

    /// Looks until the levels are as expected, for at most a minute.
    private func levels(
      of meter: PortMeter, until isRight: ([String: PortMeter.Level?]) -> Bool
    ) throws -> [String: PortMeter.Level?] {
      let deadline = ContinuousClock.now + .seconds(60)
      while true {
        let ports = try meter.look()
        let levels = Dictionary(ports.map { ($0.name, $0.level) }) { one, _ in one }
        if isRight(levels) || .now > deadline { return levels }
        usleep(200_000)
      }
    }
  }
}

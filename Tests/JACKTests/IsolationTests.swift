import Foundation
import GraphEngine
import TestSupport
import Testing

extension JACKTests {
  /// Plugins that misbehave in every way, in processes of their own, under audio at 64-frame periods: seconds in the gate,
  /// five minutes with AUSCULT_LONG.
  @Suite struct IsolationTests {
    private static let faults = ["segfault", "abort", "exit", "loop", "eat", "fork", "overwrite"]

    private static var graph: String {
      let library = BuildFolder.path + "/libtestplugin-misbehaving.so"
      let nodes = faults.map {
        "  \($0): { type: test.misbehaving, library: \(library), how: \($0), after: 20, isolate: true }\n"
          + "  log-\($0): { type: sink.jsonl, path: \"${env:OUT}/\($0).jsonl\", append: false }"
      }
      let links = faults.map { "  - slices -> \($0) -> log-\($0)" }
      return """
        graph: hostile
        nodes:
          mic:    { type: source, channels: 1, connect: "player:out_1" }
          low:    { type: resample, rate: 16 kHz }
          stft:   { type: stft, length: 512, hop: 256 }
          mel:    { type: mel, bands: 16 }
          level:  { type: normalize, mode: decibel }
          slices: { type: slicer, length: 8, hop: 2 }
          judge:  { type: test.judge, library: \(BuildFolder.path)/libtestplugin-judge.so }
          log:    { type: sink.jsonl, path: "${env:OUT}/log.jsonl", append: false }
        \(nodes.joined(separator: "\n"))
        links:
          - mic -> low -> stft -> mel -> level -> slices -> judge -> log
        \(links.joined(separator: "\n"))
        """
    }

    private struct Line: Decodable {
      var kind: String
      var begin: Int
      var end: Int
      var cause: String?
      var state: String?
      var reason: String?
    }

    @Test func misbehavingPluginsCostThemselvesOnly() throws {
      let isLong = !(ProcessInfo.processInfo.environment["AUSCULT_LONG"] ?? "").isEmpty
      let seconds = isLong ? 300 : 8
      var random = SeededRandom(seed: 5)
      let samples = random.noise(channels: 1, frames: 48_000)
      let (live, late, lost) = try withServer(.init(period: 64, isRealtime: true), seconds: seconds + 120) { server in
        let probe = try JACKProbe(server: server.name)
        defer { probe.close() }
        let live = try runLive(Self.graph, server: server, samples: samples, frames: seconds * 48_000, connections: 1)
        return (live, probe.overruns, probe.lostFrames)
      }
      print(
        "isolation for \(seconds) s: late \(live.overruns) (the empty client \(late)), lost \(live.statistics.lostFrames)",
        "frames (\(lost)), longest cycle \(live.statistics.cycleTimes.longest / 1000) us")
      #expect(live.statistics.nodes.allSatisfy { !$0.hasFailed })
      #expect(live.statistics.droppedTokens == 0)
      let whole = try lines(live, "log.jsonl").filter { $0.kind == "score" }
      #expect(whole.count > seconds * 10)
      for fault in Self.faults {
        let lines = try lines(live, fault + ".jsonl")
        let ends = lines.filter { $0.kind == "isolation" && $0.state == "ended" }
        #expect(!ends.isEmpty && ends.allSatisfy { $0.reason != nil }, "\(fault)")
        let scores = lines.filter { $0.kind == "score" }
        #expect(!scores.isEmpty, "\(fault)")
        #expect(Set(scores.map(\.end)).count == scores.count, "\(fault): a slice was judged twice")
        let gaps = lines.filter { $0.kind == "gap" && $0.cause == "node" }
        let judged = Set(scores.map(\.end))
        for slice in whole where !judged.contains(slice.end) {
          #expect(
            gaps.contains { $0.begin < slice.end && slice.end <= $0.end },
            "\(fault): the slice \(slice.begin) to \(slice.end) is neither judged nor marked")
        }
      }
    }

    private func lines(_ live: LiveResult, _ name: String) throws -> [Line] {
      try String(decoding: live.files[name] ?? Data(), as: UTF8.self).split(separator: "\n").map {
        try JSONDecoder().decode(Line.self, from: Data($0.utf8))
      }
    }
  }
}

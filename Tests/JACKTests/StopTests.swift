import Foundation
import GraphEngine
import JACKDriver
import TestSupport
import Testing

extension JACKTests {
  /// A run ends at a frame position: samples that arrive while ports are disconnected do not count.
  @Suite struct StopTests {
    private static let graph = """
      graph: stops
      nodes:
        mic: { type: source, machines: [fan], connect: "player:out_1" }
        stft: { type: stft, length: 512, hop: 128 }
        mel: { type: mel, bands: 16 }
        level: { type: normalize, mode: decibel }
        slices: { type: slicer, length: 4, hop: 1, pad: true }
        judge: { type: detector.level, learn: 20 ms }
        alarm: { type: alarm, on: 10 ms, off: 10 ms }
        heard: { type: sink.npy, path: "${env:OUT}/heard.npy" }
        log: { type: sink.jsonl, path: "${env:OUT}/log.jsonl" }
      links:
        - mic -> stft -> mel -> level -> slices -> judge -> alarm -> log
        - judge -> log
        - mic -> heard
      """

    private static let stops = (ProcessInfo.processInfo.environment["AUSCULT_LONG"] ?? "").isEmpty ? 8 : 40

    /// Stopped at any moment, at 64 frames a period: the records cover exactly the samples up to the end.
    @Test func whatIsJudgedIsWhatWasHeard() throws {
      var random = SeededRandom.fresh()
      print("seed \(random.seed)")
      let samples = random.noise(frames: 30 * 48_000)
      try withServer(.init(period: 64), seconds: 60 + 15 * Self.stops) { server in
        for round in 0..<Self.stops {
          let live = try runLive(
            Self.graph, server: server, samples: samples, frames: Int.random(in: 10_000...30_000, using: &random),
            connections: 1)
          let heard = try NumPyAudio(#require(live.files["heard.npy"]))
          #expect(heard.frames == live.statistics.frames)
          // The player always plays noise: silence at the end would come from a disconnected port.
          let silence = heard.samples[0].reversed().prefix { $0 == 0 }.count
          #expect(silence < 8, "\(silence) frames of silence at the end of stop \(round), seed \(random.seed)")
          let byHand = try runByHand(Self.graph, feed: feed(heard.samples, live.gaps))
          let (found, expected) = (lines(live.files), lines(byHand.files))
          #expect(expected.count > 20 && found == expected, "stop \(round), seed \(random.seed), gaps \(live.gaps)")
        }
      }
    }

    /// Records without the time of writing, without ids, which differ between runs, and without records that only a live run has.
    private func lines(_ files: [String: Data]) -> [String] {
      String(decoding: files["log.jsonl"] ?? Data(), as: UTF8.self).split(separator: "\n").map(String.init)
        .filter { !$0.contains("\"kind\":\"connection\"") && !$0.contains("\"kind\":\"clock\"") }
        .map { $0.replacing(#/"(time|id)":"[^"]*",?/#, with: "") }
    }

    private func feed(_ samples: [[Float]], _ gaps: [Gap]) -> [Feed] {
      var parts: [Feed] = []
      var (done, lost) = (0, 0)
      for gap in gaps {
        let next = gap.position - lost
        parts += [.samples(samples.map { Array($0[done..<next]) }), .gap(gap.frames)]
        (done, lost) = (next, lost + gap.frames)
      }
      return parts + [.samples(samples.map { Array($0[done...]) })]
    }
  }
}

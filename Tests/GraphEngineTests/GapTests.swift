import Foundation
import TestSupport
import Testing

/// The third promise: losses are counted and marked.
@Suite struct GapTests {
  static let graph = """
    graph: gaps
    nodes:
      mic: { type: source }
      stft: { type: stft, length: 1024, hop: 512 }
      mel: { type: mel, bands: 8 }
      slices: { type: slicer, length: 4 frames, hop: 2 frames }
      judge: { type: detector.level, learn: 0.1 s }
      log: { type: sink.jsonl, path: "${env:OUT}/log.jsonl" }
    links:
      - mic -> stft -> mel -> slices -> judge -> log
    """

  struct Line: Decodable {
    var kind: String
    var node: String
    var begin: Int
    var end: Int
    var flags: [String]?
    var cause: String?
    var count: Int?
  }

  static func decode(_ result: RunResult) throws -> [Line] {
    try result.lines("log.jsonl").map { try JSONDecoder().decode(Line.self, from: Data($0.utf8)) }
  }

  @Test func noTokenSpansAGapAndTheFirstOneBehindItSaysSo() throws {
    var random = SeededRandom.fresh()
    print("seed \(random.seed)")
    let result = try runByHand(
      Self.graph, feed: [.samples(random.noise(frames: 40_000)), .gap(1234), .samples(random.noise(frames: 40_000))]
    ) { random.period() }
    let lines = try Self.decode(result)
    let gaps = lines.filter { $0.kind == "gap" }
    #expect(gaps.count == 1)
    #expect(gaps.first?.node == "mic" && gaps.first?.cause == "xrun")
    #expect(gaps.first?.begin == 40_000 && gaps.first?.end == 41_234)
    let scores = lines.filter { $0.kind == "score" }
    #expect(scores.allSatisfy { $0.end <= 40_000 || $0.begin >= 41_234 })
    let after = scores.filter { $0.begin >= 41_234 }
    // The slice whose first column is centred on the first sample holds zeros: the one after it is the first to be judged.
    #expect(after.first?.begin == 41_234 + 512)
    #expect(after.first?.flags == ["gap"])
    #expect(after.dropFirst().allSatisfy { $0.flags == [] })
    #expect(result.statistics.gaps == 1 && result.statistics.lostFrames == 1234)
    #expect(result.log.contains { $0.contains("lost 1234 frames at frame position 40000") })
  }

  /// More gaps than can be reported: the report says that some are missing, and all are counted.
  @Test func messagesThatFoundNoRoomAreCounted() throws {
    let sound = Feed.samples([[Float](repeating: 0.1, count: 64)])
    let feed = (0..<1500).flatMap { _ in [sound, .gap(1)] } + [sound]
    let result = try runByHand(Self.graph, feed: feed) { 64 }
    #expect(result.statistics.gaps == 1500 && result.statistics.lostFrames == 1500)
    let told = result.log.count { $0.contains("lost 1 frames at frame position") }
    let missing = result.log.filter { $0.contains(" messages about gaps, dropped tokens or failed nodes") }
    #expect(told < 1500 && missing.count == 1 && missing[0].contains("\(1500 - told) messages"), "\(told) \(missing)")
  }

  /// The stream after a gap is that of a fresh start, shifted.
  @Test func behindAGapEverythingIsAsFromAFreshStart() throws {
    let graph = """
      graph: fresh
      nodes:
        mic: { type: source }
        down: { type: resample, rate: 16 kHz }
        stft: { type: stft, length: 512, hop: 100 }
        out: { type: sink.npy, path: "${env:OUT}/out.npy" }
      links: [ mic -> down -> stft -> out ]
      """
    var random = SeededRandom.fresh()
    print("seed \(random.seed)")
    let sound = random.noise(frames: 30_000)
    let alone = try runByHand(graph, feed: [.samples(sound)])
    let after = try runByHand(graph, feed: [.samples(random.noise(frames: 10_007)), .gap(5), .samples(sound)])
    let expected = alone.files["out.npy"]!.dropFirst(128)
    #expect(after.files["out.npy"]!.suffix(expected.count) == expected)
  }
}

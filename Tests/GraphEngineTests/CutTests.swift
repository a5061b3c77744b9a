import Foundation
import TestSupport
import Testing

/// The second promise: results do not depend on how the audio was cut, placed, or written down.
@Suite struct CutTests {
  static let watch = """
    graph: cut
    nodes:
      mic: { type: source, channels: 2, machines: [a, b], silent_below: -60 dB, clipped_at: 0.6 }
      down: { type: resample, rate: 16 kHz }
      stft: { type: stft, length: 512, hop: 200 }
      mel: { type: mel, bands: 20 }
      level: { type: normalize, mode: decibel, low: -80 dB, high: 0 dB }
      slices: { type: slicer, length: 7 frames, hop: 3 frames }
      features: { type: sink.npy, path: "${env:OUT}/features.npy" }
      matrices: { type: sink.npy, path: "${env:OUT}/slices.npy" }
      audio: { type: sink.npy, path: "${env:OUT}/audio.npy" }
      judge: { type: detector.bands, learn: 0.5 s, threshold: 2 }
      alarm: { type: alarm, on: 0.05 s, off: 0.1 s }
      log: { type: sink.jsonl, path: "${env:OUT}/log.jsonl" }
    links:
      - mic -> down -> stft -> mel -> level -> slices -> judge -> alarm -> log
      - judge -> log
      - down -> audio
      - level -> features
      - slices -> matrices
    """

  static func input(_ random: inout SeededRandom) -> [Feed] {
    var sound = random.noise(channels: 2, frames: 48000 * 2)
    // A stretch of silence, and a louder one.
    for frame in 60000..<66000 { sound[1][frame] = 0 }
    for frame in 70000..<80000 { sound[0][frame] *= 0.01 }
    for frame in 84000..<84100 { sound[0][frame] *= 1.9 }
    return [
      .samples(sound.map { Array($0[..<50001]) }), .gap(777), .samples(sound.map { Array($0[50001...]) }),
    ]
  }

  /// Records without members that may differ: the wall clock.
  static func withoutTime(_ lines: [String]) -> [String] {
    lines.map { $0.replacing(#/"time":"[^"]*",/#, with: "") }
  }

  static func same(_ a: RunResult, _ b: RunResult) -> Bool {
    for name in ["features.npy", "slices.npy", "audio.npy"] where a.files[name] != b.files[name] { return false }
    return withoutTime(a.lines("log.jsonl")) == withoutTime(b.lines("log.jsonl"))
  }

  @Test func anyPeriodGivesTheSameBits() throws {
    var random = SeededRandom.fresh()
    print("seed \(random.seed)")
    let input = Self.input(&random)
    let reference = try runByHand(Self.watch, feed: input)
    #expect(reference.lines("log.jsonl").count > 50)
    #expect(reference.lines("log.jsonl").contains { $0.contains("\"silent\"") })
    #expect(reference.lines("log.jsonl").contains { $0.contains("\"clipped\"") })
    #expect(reference.lines("log.jsonl").contains { $0.contains("\"kind\":\"gap\"") })
    for fixed in [1, 64, 333, 1024, 8192] {
      let result = try runByHand(Self.watch, feed: input) { fixed }
      #expect(Self.same(result, reference), "period \(fixed)")
    }
    for _ in 0..<5 {
      let result = try runByHand(Self.watch, feed: input) { random.period() }
      #expect(Self.same(result, reference), "changing periods")
    }
  }

  /// A slice of one analysis frame, and the next one a million frames later: there is room for it in every period. No call
  /// has more than one analysis frame.
  @Test(arguments: [1, 64, 8192]) func aSliceAfterAVeryLongHopHasRoom(period: Int) throws {
    let graph = """
      graph: rare
      nodes:
        mic: { type: source }
        stft: { type: stft, length: 16384, hop: 16384, center: false }
        mel: { type: mel, bands: 4 }
        slices: { type: slicer, length: 1 frame, hop: 1048576 frames }
        matrices: { type: sink.npy, path: "${env:OUT}/slices.npy" }
      links:
        - mic -> stft -> mel -> slices -> matrices
      """
    var random = SeededRandom(seed: 1)
    let result = try runByHand(graph, feed: [.samples(random.noise(channels: 1, frames: 40_000))]) { period }
    // Four values after a header of 128 bytes.
    #expect(result.files["slices.npy"]?.count == 128 + 4 * 4)
  }

  /// Nodes on the realtime thread are timed when cycles end too late, by a schedule that takes over under way.
  @Test func measuringThemGivesTheSameBits() throws {
    var random = SeededRandom.fresh()
    print("seed \(random.seed)")
    let parts = (0..<6).map { _ in random.noise(channels: 2, frames: 9001) }
    func run(measures: Bool) throws -> [Data] {
      let run = try HandRun(Self.watch)
      for (index, part) in parts.enumerated() {
        run.driver.feed(part, period: 250)
        run.engine.drain()
        if measures {
          run.engine.measuresRealtimeNodes = index % 2 == 0
          #expect(run.engine.measuresRealtimeNodes == (index % 2 == 0))
        }
      }
      #expect(run.engine.takeLongestCalls()["stft"] != nil || !measures)
      run.driver.finish()
      let records = Self.withoutTime(run.records("log.jsonl")).joined(separator: "\n")
      return [Data(records.utf8)] + ["features.npy", "slices.npy", "audio.npy"].map { run.file($0) }
    }
    let plain = try run(measures: false)
    #expect(plain.allSatisfy { $0.count > 1000 })
    #expect(try run(measures: true) == plain)
  }

  @Test func threadsAndPlacementGiveTheSameBits() throws {
    var random = SeededRandom.fresh()
    print("seed \(random.seed)")
    let input = Self.input(&random)
    let reference = try runByHand(Self.watch, feed: input)
    for threads in [0, 1, 4] {
      #expect(Self.same(try runByHand(Self.watch, feed: input, threads: threads), reference), "\(threads) threads")
    }
    for node in ["down", "stft", "mel", "slices"] {
      let text = Self.watch.replacing("\(node): { type", with: "\(node): { thread: worker, type")
      #expect(Self.same(try runByHand(text, feed: input), reference), "\(node) on a worker")
    }
  }

  @Test func theOrderOfTheFileDoesNotMatter() throws {
    var random = SeededRandom.fresh()
    print("seed \(random.seed)")
    let input = Self.input(&random)
    let reference = try runByHand(Self.watch, feed: input)
    for _ in 0..<5 {
      var lines = Self.watch.split(separator: "\n").map(String.init)
      let nodes = lines.firstIndex { $0.contains("nodes:") }!
      let links = lines.firstIndex { $0.contains("links:") }!
      lines[(nodes + 1)..<links].shuffle(using: &random)
      lines[(links + 1)...].shuffle(using: &random)
      let result = try runByHand(lines.joined(separator: "\n"), feed: input)
      #expect(Self.same(result, reference))
    }
  }
}

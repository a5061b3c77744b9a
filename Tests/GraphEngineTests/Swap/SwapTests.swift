import Foundation
import GraphEngine
import TestSupport
import Testing

/// The third promise: a swap loses no token.
@Suite struct SwapTests {
  static let library = "\(BuildFolder.path)/libtestplugin-judge.so"

  static func graph(
    _ changes: [String: String] = [:], judge: String = "test.judge", thread: String? = nil
  ) -> String {
    let value = { (key: String, initial: String) in changes[key] ?? initial }
    let placed = thread.map { ", thread: \($0)" } ?? ""
    return """
      graph: swap
      nodes:
        mic: { type: source, channels: 2 }
        stft: { type: stft, length: \(value("length", "512")), hop: \(value("hop", "256")) }
        mel: { type: mel, bands: \(value("bands", "8")) }
        slices: { type: slicer, length: \(value("rows", "5")) frames, hop: \(value("step", "2")) frames }
        judge: { type: \(judge), library: \(library), weight: \(value("weight", "1"))\(placed) \(value("more", "")) }
        log: { type: sink.jsonl, path: "${env:OUT}/log.jsonl" }
      links:
        - mic -> stft -> mel -> slices -> judge -> log
      """
  }

  static func sound(_ random: inout SeededRandom, frames: Int = 120_000) -> [[Float]] {
    random.noise(channels: 2, frames: frames)
  }

  static func expectSame(_ records: [String], _ expected: [String], _ note: String = "") {
    guard records != expected else { return }
    let place = zip(records, expected).enumerated().first { $1.0 != $1.1 }?.offset ?? min(records.count, expected.count)
    Issue.record(
      """
      \(note): \(records.count) records, expected \(expected.count); the first that differs is \(place):
      \(place < records.count ? records[place] : "nothing")
      \(place < expected.count ? expected[place] : "nothing")
      """)
  }

  @Test(arguments: ["realtime", "worker"]) func aDetectorIsReplaced(thread: String) throws {
    var random = SeededRandom.fresh()
    print("seed \(random.seed)")
    var options = SwapOptions()
    options.probation = 0.2
    let change = SwapCase(
      before: Self.graph(thread: thread), after: Self.graph(["weight": "3"], judge: "test.peak", thread: thread),
      sound: Self.sound(&random), at: 50_000, options: options)
    let outcome = try change.run(&random)
    let status = try #require(outcome.status)
    #expect(status.stage == .done)
    #expect(status.plan.changes.map(\.action) == [.kept, .kept, .kept, .kept, .rewarmed, .kept])
    let position = try #require(status.position)
    #expect(position >= 50_000)
    Self.expectSame(outcome.records, try change.expected(at: Int(position)))
    #expect(outcome.statistics.droppedTokens == 0 && outcome.statistics.unmatched == 0)
  }

  @Test(arguments: [
    ["hop": "128"], ["length": "1024"], ["bands": "16"], ["rows": "9"], ["step": "3"], ["weight": "2"],
    ["hop": "200", "rows": "3"],
  ]) func theFrontEndChanges(changes: [String: String]) throws {
    var random = SeededRandom.fresh()
    print("seed \(random.seed)")
    let change = SwapCase(
      before: Self.graph(), after: Self.graph(changes), sound: Self.sound(&random), at: 40_000)
    let outcome = try change.run(&random)
    let status = try #require(outcome.status)
    let position = try #require(status.position)
    Self.expectSame(outcome.records, try change.expected(at: Int(position)), "\(changes)")
    #expect(outcome.statistics.droppedTokens == 0)
  }
}

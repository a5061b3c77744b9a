import Foundation
import GraphEngine
import TestSupport
import Testing

/// Events outside of the streams: each sink has them once, in their place, even if a sink is replaced.
@Suite struct NoticeTests {
  private static func graph(logs: [String] = ["log"], level: String = "0.1") -> String {
    """
    graph: notices
    nodes:
      mic: { type: source }
      stft: { type: stft, length: 256, hop: 256, center: false }
      mel: { type: mel, bands: 4 }
      slices: { type: slicer, length: 4, hop: 4 }
      judge: { type: detector.level, learn: \(level) s }
      \(logs.map { "\($0): { type: sink.jsonl, path: \"${env:OUT}/\($0).jsonl\" }" }.joined(separator: "\n  "))
    links:
      - mic -> stft -> mel -> slices -> judge
      \(logs.map { "- judge -> \($0)" }.joined(separator: "\n  "))
    """
  }

  private static func notice(_ number: Int) -> Notice {
    Notice(
      "connection", state: "lost", node: "mic", channel: 0, machine: "fan",
      details: [Notice.Detail("port", "us:mic"), Notice.Detail("number", "\(number)")])
  }

  private struct Line: Decodable {
    var kind: String
    var begin: Int64
    var end: Int64
    var number: String?
  }

  private func lines(_ run: HandRun, _ name: String) throws -> [Line] {
    try run.records(name).map { try JSONDecoder().decode(Line.self, from: Data($0.utf8)) }
  }

  @Test func everySinkHasEachOnceAndInOrder() throws {
    var random = SeededRandom.fresh()
    print("seed \(random.seed)")
    let run = try HandRun(Self.graph(logs: ["log", "other"]))
    for number in 0..<40 {
      run.driver.feed(random.noise(frames: Int.random(in: 1...3000, using: &random))) { random.period() }
      if Bool.random(using: &random) { run.engine.drain() }
      run.engine.note(Self.notice(number))
    }
    run.driver.finish()
    for name in ["log.jsonl", "other.jsonl"] {
      let lines = try lines(run, name)
      #expect(lines.map(\.end) == lines.map(\.end).sorted())
      #expect(lines.compactMap(\.number) == (0..<40).map { "\($0)" })
      #expect(lines.contains { $0.kind == "score" })
    }
    #expect(
      run.records("log.jsonl").first { $0.contains("connection") }?.hasPrefix(
        #"{"kind":"connection","graph":"notices","node":"mic","channel":0,"machine":"fan","state":"lost","port":"us:mic","#
          + #""number":"0","begin":"#) == true)
  }

  /// A new sink continues the file of the old one: nothing is lost, nothing is repeated.
  @Test func aSwapOfTheSinkNeitherLosesNorDoublesOne() throws {
    var random = SeededRandom.fresh()
    print("seed \(random.seed)")
    let run = try HandRun(Self.graph())
    let next = Self.graph().replacing("judge -> log", with: "judge -> log\n  - extra -> log")
      .replacing("judge: {", with: "extra: { type: detector.level, learn: 0.1 s }\n  judge: {")
      .replacing("slices -> judge", with: "slices -> judge\n  - slices -> extra")
    var number = 0
    for round in 0..<60 {
      if round == 20 { try run.engine.apply(run.graph(next)) }
      run.driver.feed(random.noise(frames: Int.random(in: 1...3000, using: &random))) { random.period() }
      if Bool.random(using: &random) || round > 30 { run.engine.drain() }
      run.engine.service()
      run.engine.note(Self.notice(number))
      number += 1
    }
    run.driver.finish()
    #expect(run.engine.swapStatus?.position != nil)
    let lines = try lines(run, "log.jsonl")
    #expect(lines.compactMap(\.number) == (0..<number).map { "\($0)" })
    #expect(lines.map(\.end) == lines.map(\.end).sorted())
  }

  /// The begin of its span is kept, and lies in the stream.
  @Test func aNoticeMayHaveALength() throws {
    let run = try HandRun(Self.graph())
    run.driver.feed([[Float](repeating: 0.1, count: 5000)], period: 256)
    var notice = Self.notice(0)
    notice.begin = 1234
    let end = run.engine.note(notice)
    notice.begin = 1_000_000
    run.engine.note(notice)
    run.driver.finish()
    let found = try lines(run, "log.jsonl").filter { $0.number != nil }
    #expect(found.map(\.begin) == [1234, found[1].end] && found[0].end == end && end >= 5000)
  }

  /// Frames lost without a server are distinguished from those that a server lost.
  @Test func aGapHasItsCause() throws {
    let run = try HandRun(Self.graph())
    run.driver.feed([[Float](repeating: 0.1, count: 4096)], period: 256)
    run.engine.realtime.cycle(DriverCycle(frames: 0, gapBefore: 480, gapCause: 4, hasNoDeadline: true))
    run.driver.feed([[Float](repeating: 0.1, count: 4096)], period: 256)
    run.driver.gap(100)
    run.driver.feed([[Float](repeating: 0.1, count: 4096)], period: 256)
    // At the very end, too.
    run.engine.awaitRoom()
    run.engine.realtime.cycle(DriverCycle(frames: 0, gapBefore: 960, gapCause: 4, hasNoDeadline: true))
    run.driver.finish()
    let gaps = run.records("log.jsonl").filter { $0.contains("\"kind\":\"gap\"") }
    #expect(gaps.map { $0.contains("\"cause\":\"server\"") } == [true, false, true], "\(gaps)")
    #expect(gaps[0].contains("\"begin\":4096,\"end\":4576") && gaps[2].contains("\"begin\":12868,\"end\":13828"))
  }
}

import Foundation
import GraphEngine
import GraphText
import TestSupport
import Testing

/// A candidate next to the present detector.
@Suite struct ShadowTests {
  private func graph(_ type: String, weight: String, more: String = "") -> String {
    SwapTests.graph(["weight": weight, "more": more], judge: type, thread: "worker")
      .replacing("log: {", with: "alarm: { type: alarm, on: 0.05 s, off: 0.05 s }\n  log: {")
      .replacing("judge -> log", with: "judge -> alarm -> log\n  - judge -> log")
  }

  private func shadow(
    _ before: String, _ after: String, then action: (Engine) -> Void = { _ in }
  ) throws -> (SwapStatus, SwapStatus?, [String], [[Float]]) {
    var random = SeededRandom(seed: 21)
    let sound = SwapTests.sound(&random)
    let run = try HandRun(before)
    var options = SwapOptions()
    options.isShadow = true
    options.probation = 0.1
    var status: SwapStatus?
    for start in stride(from: 0, to: 120_000, by: 1000) {
      if start == 20_000 { try run.engine.apply(run.graph(after), options: options) }
      if start == 80_000 {
        status = run.engine.swapStatus
        action(run.engine)
      }
      run.driver.feed(sound.map { Array($0[start..<start + 1000]) }, period: 250)
      run.engine.drain()
      run.engine.service()
    }
    let last = run.engine.swapStatus
    run.driver.finish()
    return (try #require(status), last, run.records("log.jsonl").map(SwapCase.comparable), sound)
  }

  @Test func bothAreComparedOnTheSameSlices() throws {
    let (before, after) = (graph("test.judge", weight: "0.001"), graph("test.judge", weight: "1000"))
    let (status, last, records, sound) = try shadow(before, after)
    #expect(status.stage == .shadowing && last?.stage == .shadowing)
    let report = try #require(status.shadow)
    #expect(report.compared > 150 && report.present.count == report.candidate.count)
    #expect(report.agreeing == 0 && report.agreement == 0)
    #expect(report.present.anomalous == 0 && report.candidate.anomalous == report.candidate.count)
    #expect(abs(report.candidate.mean / report.present.mean - 1e6) < 1)
    #expect(report.present.alarms == 0 && report.candidate.alarms == 2)
    #expect(report.candidate.percentiles![0] <= report.candidate.percentiles![1])
    #expect(report.dropped == 0)
    // It gets no sound: the run ends without the candidate.
    let alone = try SwapCase(before: before, after: "", sound: sound, at: 0).reference(before)
    #expect(records == alone.records)
  }

  @Test func aCandidateIsPromoted() throws {
    let (before, after) = (graph("test.judge", weight: "1"), graph("test.peak", weight: "1"))
    let (_, last, records, sound) = try shadow(before, after) { $0.promote() }
    #expect(last?.stage == .done)
    let position = Int(try #require(last?.position))
    #expect(position >= 80_000)
    let change = SwapCase(before: before, after: after, sound: sound, at: 0)
    let scores = { (lines: [String]) in lines.filter { $0.contains("\"kind\":\"score\"") } }
    SwapTests.expectSame(scores(records), scores(try change.expected(at: position)))
  }

  @Test func aCandidateIsDiscarded() throws {
    let (before, after) = (graph("test.judge", weight: "1"), graph("test.peak", weight: "1"))
    let (_, last, records, sound) = try shadow(before, after) { $0.endSwap() }
    #expect(last?.stage == .rolledBack)
    let alone = try SwapCase(before: before, after: "", sound: sound, at: 0).reference(before)
    #expect(records == alone.records)
  }

  /// A candidate that is far too slow drops its own tokens, none of the present detector's.
  @Test func aSlowCandidateDelaysNobody() throws {
    let (before, after) = (graph("test.judge", weight: "1"), graph("test.judge", weight: "1", more: ", work: 0.05"))
    let (_, _, records, sound) = try shadow(before, after)
    let alone = try SwapCase(before: before, after: "", sound: sound, at: 0).reference(before)
    #expect(records == alone.records)
  }

  @Test func anythingButADetectorIsRefused() throws {
    let run = try HandRun(SwapTests.graph())
    var options = SwapOptions()
    options.isShadow = true
    let error = #expect(throws: DiagnosticsError.self) {
      try run.engine.apply(run.graph(SwapTests.graph(["step": "3"])), options: options)
    }
    #expect("\(error!)".contains("a shadow compares one detector with a candidate in its place"))
    #expect(!run.engine.isSwapping)
  }
}

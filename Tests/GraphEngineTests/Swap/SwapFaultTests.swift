import Foundation
import GraphEngine
import GraphText
import TestSupport
import Testing

/// A failure before the exchange leaves the running graph unchanged; a failure after it is taken back.
@Suite struct SwapFaultTests {
  /// The message of a refused change; the records must be those of the unchanged graph.
  private func expectRefused(
    _ after: String, says text: String, options: SwapOptions = SwapOptions()
  ) throws {
    var random = SeededRandom(seed: 5)
    let sound = SwapTests.sound(&random)
    let run = try HandRun(SwapTests.graph())
    run.driver.feed(sound.map { Array($0[..<30_001]) }, period: 500)
    let error = #expect(throws: DiagnosticsError.self) { try run.engine.apply(run.graph(after), options: options) }
    #expect("\(error!)".contains(text), "\(error!)")
    #expect(!run.engine.isSwapping)
    run.driver.feed(sound.map { Array($0[30_001...]) }, period: 500)
    run.driver.finish()
    let alone = try SwapCase(before: SwapTests.graph(), after: "", sound: sound, at: 0).reference(SwapTests.graph())
    #expect(run.records("log.jsonl").map(SwapCase.comparable) == alone.records)
  }

  @Test func aParameterThatTheClassRefuses() throws {
    try expectRefused(SwapTests.graph(["weight": "-1"]), says: "graph.yaml:7:")
    try expectRefused(SwapTests.graph(["weight": "-1"]), says: "cannot weigh with -1")
  }

  @Test func aFileThatIsWrong() throws {
    try expectRefused(SwapTests.graph(["hop": "a lot"]), says: "graph.yaml:4:")
  }

  @Test func aFormatThatTheNextNodeRefuses() throws {
    let graph = SwapTests.graph().replacing("slices -> judge", with: "judge").replacing(
      "mel -> judge", with: "stft -> judge"
    )
    .replacing("stft -> mel -> judge", with: "stft -> judge")
    try expectRefused(graph, says: "error")
  }

  @Test func anActivateThatTakesTooLong() throws {
    var options = SwapOptions()
    options.timeout = 0.2
    try expectRefused(SwapTests.graph(["more": ", nap: 1.5"]), says: "was not ready within 0.2 s", options: options)
  }

  @Test func aSinkThatWouldReplaceWhatIsStillWritten() throws {
    let twice = SwapTests.graph()
      .replacing("links:", with: "  again: { type: sink.jsonl, path: \"${env:OUT}/log.jsonl\" }\nlinks:")
      .replacing("judge -> log", with: "judge -> log\n  - judge -> again")
    try expectRefused(twice, says: "'again' writes to the same file as 'log'")
    let taken = SwapTests.graph()
      .replacing("  log: {", with: "  again: {").replacing("judge -> log", with: "judge -> again")
    try expectRefused(taken, says: "which 'log' still writes")
  }

  /// A plugin of the graph stands for all files that a change must not replace.
  @Test func aSinkThatWouldReplaceWhatTheGraphReads() throws {
    let graph = SwapTests.graph()
      .replacing("links:", with: "  again: { type: sink.jsonl, path: \"\(SwapTests.library)\" }\nlinks:")
      .replacing("judge -> log", with: "judge -> log\n  - judge -> again")
    try expectRefused(graph, says: "is the plugin of 'judge', and would be written over")
  }

  /// A new detector that yields NaN within its probation: the old one continues to judge from there.
  @Test(arguments: ["realtime", "worker"]) func aDetectorThatGoesWrongIsTakenBack(thread: String) throws {
    var random = SeededRandom.fresh()
    print("seed \(random.seed)")
    var options = SwapOptions()
    options.budget = .infinity
    let change = SwapCase(
      before: SwapTests.graph(thread: thread),
      after: SwapTests.graph(["weight": "2", "more": ", bad_after: 30"], thread: thread),
      sound: SwapTests.sound(&random), at: 20_000, options: options, looksInTime: true)
    let outcome = try change.run(&random)
    let status = try #require(outcome.status)
    #expect(status.stage == .rolledBack)
    #expect(status.reason == "node 'judge' failed")
    let (there, back) = (Int(try #require(status.position)), Int(try #require(status.returnPosition)))
    #expect(there < back)
    let old = try change.reference(change.before).records
    // Slices that the new detector did not judge before its failure was found are marked as missing.
    let marks = outcome.records.filter { $0.contains("\"cause\":\"node\"") }
    #expect(!marks.isEmpty)
    let new = try change.reference(SwapTests.graph(["weight": "2"], thread: thread)).records
    let judged = outcome.records.filter { $0.contains("\"kind\":\"score\"") }
    for record in judged where SwapCase.end(record) <= there || SwapCase.end(record) > back {
      #expect(old.contains(record.replacing("\"flags\":[\"gap\"]", with: "\"flags\":[]")), "\(record)")
    }
    for record in judged where SwapCase.end(record) > there && SwapCase.end(record) <= back {
      #expect(new.contains(record), "\(record)")
    }
    #expect(judged.filter { SwapCase.end($0) <= there } == old.filter { SwapCase.end($0) <= there })
    #expect(judged.filter { SwapCase.end($0) > back }.count == old.filter { SwapCase.end($0) > back }.count)
    #expect(outcome.log.contains { $0.contains("the change was taken back: node 'judge' failed") })
  }

  @Test func aDetectorThatTakesTooLongIsTakenBack() throws {
    var random = SeededRandom(seed: 7)
    var options = SwapOptions()
    options.probation = 2
    options.budget = 0.02
    let change = SwapCase(
      before: SwapTests.graph(thread: "worker"), after: SwapTests.graph(["more": ", work: 0.002"], thread: "worker"),
      sound: SwapTests.sound(&random), at: 20_000, options: options)
    let outcome = try change.run(&random)
    #expect(outcome.status?.stage == .rolledBack)
    #expect(outcome.status?.reason?.contains(" % of real time; the limit is ") == true)
    // The weight is the same: their scores are equal.
    #expect(outcome.records == (try change.reference(change.before).records))
  }

  /// A worker's node with more than four seconds of work in its queue returns from every call: a change that waits for it
  /// gets its turn, and takes no call away.
  @Test func aBusyNodeIsWaitedForAndKept() throws {
    var random = SeededRandom(seed: 11)
    let sound = SwapTests.sound(&random, frames: 20_000)
    let busy = ["more": ", work: 0.15"]
    let run = try HandRun(SwapTests.graph(busy, thread: "worker"))
    run.driver.feed(sound, period: 512)
    let more = SwapTests.graph(busy, thread: "worker")
      .replacing("links:", with: "  again: { type: sink.jsonl, path: \"${env:OUT}/again.jsonl\" }\nlinks:")
      .replacing("judge -> log", with: "judge -> log\n  - judge -> again")
    let plan = try run.engine.apply(run.graph(more))
    #expect(plan.changes.map(\.action) == [.kept, .kept, .kept, .kept, .kept, .added, .kept])
    run.driver.finish()
    #expect(!run.messages.contains { $0.contains("does not return from 'process'") }, "\(run.messages)")
    let alone = try SwapCase(before: SwapTests.graph(), after: "", sound: sound, at: 0).reference(SwapTests.graph())
    SwapTests.expectSame(run.records("log.jsonl").map(SwapCase.comparable), alone.records)
  }

  @Test func askingForTheWayBackBringsTheGraphBefore() throws {
    var random = SeededRandom(seed: 8)
    let sound = SwapTests.sound(&random)
    let run = try HandRun(SwapTests.graph())
    let feed = { (range: Range<Int>) in
      for start in stride(from: range.lowerBound, to: range.upperBound, by: 1000) {
        run.driver.feed(sound.map { Array($0[start..<start + 1000]) }, period: 250)
        run.engine.drain()
        run.engine.service()
      }
    }
    feed(0..<20_000)
    var options = SwapOptions()
    options.probation = 0
    try run.engine.apply(run.graph(SwapTests.graph(["weight": "2"])), options: options)
    feed(20_000..<40_000)
    #expect(run.engine.swapStatus?.stage == .done)
    let there = Int(try #require(run.engine.swapStatus?.position))
    #expect(try run.engine.rollback(options: options).changes.map(\.action).contains(.rewarmed))
    feed(40_000..<60_000)
    #expect(run.engine.swapStatus?.stage == .done)
    let back = Int(try #require(run.engine.swapStatus?.position))
    feed(60_000..<120_000)
    run.driver.finish()
    let change = SwapCase(before: SwapTests.graph(), after: SwapTests.graph(["weight": "2"]), sound: sound, at: 0)
    let (old, new) = (try change.reference(change.before).records, try change.reference(change.after).records)
    let expected =
      old.filter { SwapCase.end($0) <= there } + new.filter { SwapCase.end($0) > there && SwapCase.end($0) <= back }
      + old.filter { SwapCase.end($0) > back }
    SwapTests.expectSame(run.records("log.jsonl").map(SwapCase.comparable), expected)
  }
}

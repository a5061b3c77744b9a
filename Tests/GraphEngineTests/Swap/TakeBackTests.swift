import Foundation
import GraphEngine
import TestSupport
import Testing

/// A new node that fails in its probation is taken back, also where a changed format has replaced the sinks after it;
/// these continue the files of the old sinks.
@Suite struct TakeBackTests {
  struct Fault: Sendable, CustomTestStringConvertible {
    var how: String
    var thread: String
    var changes: [String: String]
    var testDescription: String { "\(how), \(thread), \(changes)" }
  }

  private static let faults =
    ["nan", "infinite", "fail", "overflow"].flatMap { how in
      ["realtime", "worker"].map { Fault(how: how, thread: $0, changes: ["step": "3"]) }
    } + [
      Fault(how: "nan", thread: "worker", changes: ["hop": "128"]),
      Fault(how: "fail", thread: "worker", changes: ["rows": "9", "bands": "16"]),
    ]

  @Test(arguments: faults) func theOldGraphJudgesAgainAndItsSinkLosesNoLine(_ fault: Fault) throws {
    var random = SeededRandom.fresh()
    print("seed \(random.seed)")
    var options = SwapOptions()
    options.budget = .infinity
    var changes = fault.changes
    changes["weight"] = "2"
    let sound = SwapTests.graph(changes, thread: fault.thread)
    // More than it gets in two looks, of at most 6000 frames: it does not fail before the exchange.
    changes["more"] = ", bad_after: 40, how: \(fault.how)"
    let change = SwapCase(
      before: SwapTests.graph(thread: fault.thread), after: SwapTests.graph(changes, thread: fault.thread),
      sound: SwapTests.sound(&random), at: 20_000, options: options, looksInTime: true)
    let outcome = try change.run(&random)
    let status = try #require(outcome.status)
    #expect(status.stage == .rolledBack && status.reason == "node 'judge' failed")
    #expect(status.plan.changes.first { $0.node == "log" }?.action == .rewarmed)
    let (there, back) = (Int(try #require(status.position)), Int(try #require(status.returnPosition)))
    let judged = outcome.records.filter { $0.contains("\"kind\":\"score\"") }
    let old = try change.reference(change.before).records
    let new = try change.reference(sound).records.filter { SwapCase.end($0) > there && SwapCase.end($0) <= back }
    SwapTests.expectSame(judged.filter { SwapCase.end($0) <= there }, old.filter { SwapCase.end($0) <= there })
    SwapTests.expectSame(judged.filter { SwapCase.end($0) > back }, old.filter { SwapCase.end($0) > back })
    let between = judged.filter { SwapCase.end($0) > there && SwapCase.end($0) <= back }
    SwapTests.expectSame(between, Array(new.prefix(between.count)))
    // Slices between, which nothing judged, are marked as missing.
    let marks = outcome.records.filter { $0.contains("\"cause\":\"node\"") }
    #expect(between.count == new.count || !marks.isEmpty)
    #expect(outcome.records.allSatisfy { $0.hasPrefix("{") && $0.hasSuffix("}") })
  }

  /// Each graph that judged has its own generation, also a graph that is returned to.
  @Test func aGraphThatIsReturnedToHasANewGeneration() throws {
    var random = SeededRandom(seed: 9)
    let sound = SwapTests.sound(&random)
    let run = try HandRun(SwapTests.graph())
    let after = try run.graph(SwapTests.graph(["step": "3", "more": ", bad_after: 40"]))
    for start in stride(from: 0, to: 120_000, by: 500) {
      if start == 20_000 { try run.engine.apply(after) }
      run.driver.feed(sound.map { Array($0[start..<start + 500]) }, period: 250)
      run.engine.drain()
      run.engine.service()
    }
    let status = try #require(run.engine.swapStatus)
    #expect(status.generation == 2 && status.returnGeneration == 3 && run.engine.generation == 3)
    run.driver.finish()
    let (there, back) = (Int(try #require(status.position)), Int(try #require(status.returnPosition)))
    var generations: Set<Int> = []
    for record in run.records("log.jsonl") where record.contains("\"kind\":\"score\"") {
      let generation = try #require(record.firstMatch(of: #/"generation":([0-9]+)/#).flatMap { Int($0.1) })
      let end = SwapCase.end(record)
      #expect(generation == (end <= there ? 1 : end <= back ? 2 : 3), "\(record)")
      generations.insert(generation)
    }
    #expect(generations == [1, 2, 3])
  }
}

import Foundation
import GraphEngine
import LiveControl
import RunControl
import TestSupport
import Testing

/// Nodes that fail in a live run by hand: they come back, or stay out, and each step is told and recorded.
@Suite struct QuarantineTests {
  private struct Line: Decodable {
    var kind: String
    var node: String
    var begin: Int64
    var end: Int64
    var cause: String?
    var state: String?
    var reason: String?
    var failures: String?
    var stays_out: String?
  }

  /// A node that fails after some calls, which are 250 frames each, beside one that does not.
  private static func graph(after: Int, fault: String = "nan", thread: String = "worker") -> String {
    let library = "library: \(BuildFolder.path)/libtestplugin-faulty.so"
    return """
      graph: quarantined
      nodes:
        mic: { type: source, machines: [fan] }
        bad: { type: test.faulty, \(library), fault: \(fault), after: \(after), thread: \(thread) }
        good: { type: test.faulty, \(library) }
        log: { type: sink.jsonl, path: log.jsonl }
        other: { type: sink.jsonl, path: other.jsonl }
      links: [ mic -> bad -> log, mic -> good -> other ]
      """
  }

  private func lines(_ run: HandLiveRun, _ name: String) throws -> [Line] {
    try String(contentsOfFile: run.folder.path + "/" + name, encoding: .utf8).split(separator: "\n").map {
      try JSONDecoder().decode(Line.self, from: Data($0.utf8))
    }
  }

  private func state(_ run: HandLiveRun, _ node: String = "bad") -> QuarantineState? {
    run.quarantine?.states.first { $0.node == node }
  }

  @Test(arguments: ["realtime", "worker"]) func aNodeComesBack(thread: String) throws {
    let run = try HandLiveRun(["graph.yaml": Self.graph(after: 1500, thread: thread)])
    run.run(until: { state(run)?.isOut ?? false })
    #expect(state(run)?.failures == 1 && state(run)?.seconds == 1 && state(run)?.staysOut == nil)
    #expect(run.events == [.nodeIsOut("bad", seconds: 1, staysOut: nil)])
    for _ in 0..<10 { run.poll() }
    #expect(run.ended.isEmpty && run.engine.quarantinedNodes == ["bad"])
    run.clock.advance(.seconds(1))
    run.run(until: { !(state(run)?.isOut ?? true) })
    #expect(run.events.last == .nodeIsBack("bad") && run.engine.quarantinedNodes.isEmpty)
    #expect(run.ended.map(\.request.words) == ["return of bad"])
    // People return to what they left, not to a node that failed.
    #expect(try run.finish(.rollback).state == .failed && run.engine.previousGraph == nil)
    // It fails again before it has lived long.
    run.run(until: { state(run)?.isOut ?? false })
    #expect(state(run)?.failures == 2 && state(run)?.seconds == 2)
    run.engine.finishStream()
    run.engine.stop()

    let lines = try lines(run, "log.jsonl")
    let steps = lines.filter { $0.kind == "quarantine" }
    #expect(steps.map(\.state) == ["out", "back", "out"] && steps.allSatisfy { $0.node == "bad" })
    #expect(steps[0].reason == "yielded a score that is not a finite number" && steps[2].failures == "2")
    // Each stretch of 250 frames is judged once, or lies in a gap that names the node.
    var next: Int64 = 0
    let judged = lines.filter { $0.kind == "score" || $0.kind == "gap" }
    for line in judged.sorted(by: { $0.begin < $1.begin }) {
      #expect(line.begin == next, "\(line)")
      if line.kind == "gap" { #expect(line.cause == "node" && line.node == "bad") }
      next = line.kind == "score" ? line.begin + 250 : line.end
    }
    #expect(next == run.engine.realtime.position)
    let other = try self.lines(run, "other.jsonl").filter { $0.kind == "score" }
    #expect(other.map(\.begin) == (0..<other.count).map { Int64($0) * 250 })
  }

  /// A node that fails at once when it is tried must not take the other one with it.
  @Test func aReturnIsNoReturnOfOtherNodes() throws {
    let text = Self.graph(after: 1500).replacing(".so }", with: ".so, fault: fail, after: 10 }")
    let run = try HandLiveRun(["graph.yaml": text])
    run.run(until: { state(run)?.isOut ?? false })
    #expect(run.engine.quarantinedNodes.sorted() == ["bad", "good"])
    run.clock.advance(.seconds(1))
    run.run(until: { !(state(run)?.isOut ?? true) || state(run)?.failures != 1 })
    #expect(state(run)?.failures == 1 && run.events.last == .nodeIsBack("bad"), "\(run.events)")
    #expect(run.engine.quarantinedNodes == ["good"] && state(run, "good")?.failures == 1)
    run.engine.finishStream()
    run.engine.stop()
  }

  @Test func aNodeThatKeepsFailingStaysOut() throws {
    let run = try HandLiveRun(["graph.yaml": Self.graph(after: 3)])
    var delays: [Double] = []
    for failures in 1...5 {
      run.run(until: { state(run)?.failures == failures })
      if let seconds = state(run)?.seconds {
        delays.append(seconds)
        run.clock.advance(.seconds(seconds))
      }
    }
    #expect(delays == [1, 2, 4, 8])
    #expect(state(run)?.staysOut == "it failed 5 times within 10 min")
    let count = run.ended.count
    run.clock.advance(.seconds(1000))
    for _ in 0..<20 { run.poll() }
    #expect(run.ended.count == count)
    run.engine.drain()
    #expect(try lines(run, "other.jsonl").allSatisfy { $0.kind != "gap" })
    // People can bring it back.
    #expect(try run.finish(.swap, "bad", "fault=none").state == .done)
    run.run(until: { !(state(run)?.isOut ?? true) })
    #expect(run.events.last == .nodeIsBack("bad"))
  }

  /// It would learn the sound of a fault. A return of a node before it renews it, too.
  @Test(arguments: ["judge", "mel"]) func aDetectorThatLearnsLiveStaysOut(failed: String) throws {
    let run = try HandLiveRun(["graph.yaml": HandLiveRun.graph(judge: "type: detector.bands, learn: 0.1 s")])
    for _ in 0..<20 { run.poll() }
    run.engine.quarantine(failed, because: "overran its budget")
    run.poll()
    let reason = failed == "judge" ? "it has learned" : "'judge', which a return renews, has learned"
    #expect(state(run, failed)?.staysOut?.hasPrefix("\(reason) what is normal") ?? false)
    #expect(state(run, failed)?.reason == "overran its budget")
    run.clock.advance(.seconds(1000))
    for _ in 0..<20 { run.poll() }
    #expect(run.ended.isEmpty && run.engine.quarantinedNodes == [failed])
  }

  /// Nor does the return of a node behind it renew it, whichever of them fails first.
  @Test(arguments: [["judge", "alarm"], ["alarm", "judge"]]) func aLearnerStaysOutThoughAnotherReturns(failed: [String])
    throws
  {
    let text = HandLiveRun.graph(judge: "type: detector.bands, learn: 0.1 s").replacing(
      "judge -> log", with: "judge -> alarm -> log"
    )
    .replacing("  log: {", with: "  alarm: { type: alarm }\n  log: {")
    let run = try HandLiveRun(["graph.yaml": text])
    for _ in 0..<20 { run.poll() }
    for name in failed {
      run.engine.quarantine(name, because: "overran its budget")
      run.poll()
    }
    run.clock.advance(.seconds(1000))
    for _ in 0..<20 { run.poll() }
    #expect(run.engine.quarantinedNodes.sorted() == ["alarm", "judge"] && run.ended.isEmpty)
    let reason = try #require(state(run, "alarm")?.staysOut)
    #expect(reason.hasPrefix("'judge', which a return renews, has learned"), "\(reason)")
  }

  /// What a failed sink has not written is a gap in all records.
  @Test func aSinkComesBack() throws {
    let run = try HandLiveRun(["graph.yaml": Self.graph(after: 1_000_000)])
    for _ in 0..<20 { run.poll() }
    run.engine.quarantine("log", because: "overran its budget")
    for _ in 0..<20 { run.poll() }
    run.clock.advance(.seconds(1))
    run.run(until: { state(run, "log")?.isOut == false })
    run.engine.finishStream()
    run.engine.stop()
    for name in ["log.jsonl", "other.jsonl"] {
      let others = try lines(run, name).filter { $0.kind != "score" }
      let gaps = others.filter { $0.kind == "gap" }
      try #require(gaps.count == 1, "\(name): \(others)")
      #expect(gaps[0].node == "log" && gaps[0].cause == "node", "\(name): \(gaps)")
      let scores = try lines(run, name).filter { $0.kind == "score" }
      let missing = name == "log.jsonl" ? gaps[0].begin..<gaps[0].end : 0..<0
      let begins = stride(from: 0, to: run.engine.realtime.position, by: 250).filter { !missing.contains($0) }
      #expect(scores.map(\.begin) == begins, "\(name)")
    }
  }

  /// A filter that keeps one NaN of another program for ever is renewed, which cures it.
  @Test(arguments: ["realtime", "worker"]) func aPoisonedNodeIsCured(thread: String) throws {
    let library = "library: \(BuildFolder.path)/libtestplugin-faulty.so"
    let run = try HandLiveRun([
      "graph.yaml": """
      graph: poisoned
      nodes:
        wire: { type: test.wire, \(library) }
        filter: { type: test.taint, \(library), fault: poison, thread: \(thread) }
        judge: { type: test.faulty, \(library) }
        log: { type: sink.jsonl, path: log.jsonl }
      links: wire -> filter -> judge -> log
      """
    ])
    for _ in 0..<10 { run.poll() }
    run.driver.feed([[Float](repeating: 0.5, count: 249) + [.nan]], period: 250)
    run.run(until: { state(run, "filter")?.isOut ?? false })
    #expect(state(run, "filter")?.reason == "yields what is not finite, from finite input")
    run.clock.advance(.seconds(1))
    run.run(until: { state(run, "filter")?.isOut == false })
    for _ in 0..<100 { run.poll() }
    #expect(state(run, "filter")?.failures == 1 && run.engine.quarantinedNodes.isEmpty)
    let end = run.engine.realtime.position
    run.engine.finishStream()
    run.engine.stop()
    let scores = try lines(run, "log.jsonl").filter { $0.kind == "score" }
    // A token of 250 frames that began at the takeover may not be whole.
    #expect((scores.last?.end ?? 0) > end - 250)
  }

  /// A change that people make while a node is out renews it as well, and no return is tried in between.
  @Test func aChangeOfThePeopleComesFirst() throws {
    let run = try HandLiveRun(["graph.yaml": Self.graph(after: 1500)])
    run.run(until: { state(run)?.isOut ?? false })
    let id = try run.submit(.swap, "good", "after=1000000")
    run.clock.advance(.seconds(1))
    _ = try run.finish(id)
    run.run(until: { !(state(run)?.isOut ?? true) })
    #expect(!run.ended.isEmpty && run.ended[0].request.words == "swap good after=1000000")
  }
}

import Foundation
import GraphEngine
import TestSupport
import Testing

/// Changes of a running graph: a node in a process of its own changes as one in this process does.
@Suite struct ChangeTests {
  private static let sound: [[Float]] = {
    var random = SeededRandom(seed: 11)
    return random.noise(frames: 120_000)
  }()

  private static func judge(_ weight: Int, isolate: Bool) -> String {
    "judge: { type: test.judge, library: \(BuildFolder.path)/libtestplugin-judge.so, weight: \(weight), isolate: \(isolate) }"
  }

  /// Feeds piece by piece, with the control thread's looks in between; `change` is called after a third.
  private func run(_ text: String, _ change: (HandRun) throws -> Void) throws -> HandRun {
    let run = try HandRun(text)
    for piece in 0..<60 {
      if piece == 20 { try change(run) }
      run.driver.feed(Self.sound.map { Array($0[piece * 2000..<(piece + 1) * 2000]) }, period: 250)
      run.engine.drain()
      run.engine.service()
    }
    return run
  }

  private func records(_ run: HandRun) -> [String] {
    run.driver.finish()
    return run.records("log.jsonl").map { $0.replacing(#/"generation":[0-9]+,/#, with: "") }
  }

  @Test(arguments: [(true, true), (false, true), (true, false)])
  func aSwapLosesNothing(before: Bool, after: Bool) throws {
    let results = try [(false, false), (before, after)].map { before, after in
      let run = try run(isolationGraph(Self.judge(1, isolate: before))) {
        try $0.engine.apply($0.graph(isolationGraph(Self.judge(2, isolate: after))))
      }
      #expect(run.engine.swapStatus?.position != nil && run.engine.swapStatus?.reason == nil)
      return records(run)
    }
    #expect(results[0].count > 400)
    #expect(results[0] == results[1])
  }

  /// Only the place of the node changes.
  @Test func aNodeMovesToAProcessOfItsOwn() throws {
    let moved = try run(isolationGraph(Self.judge(1, isolate: false))) {
      let plan = try $0.engine.apply($0.graph(isolationGraph(Self.judge(1, isolate: true))))
      #expect("\(plan)".contains("moves to a process of its own"), "\(plan)")
    }
    let stayed = try run(isolationGraph(Self.judge(1, isolate: false))) { _ in }
    #expect(records(moved) == records(stayed))
  }

  @Test func aNewNodeThatCrashesIsTakenBack() throws {
    let swapped = try run(isolationGraph(Self.judge(1, isolate: true))) {
      try $0.engine.apply($0.graph(isolationGraph(misbehaving("abort", after: 12))))
    }
    #expect(swapped.engine.swapStatus?.stage == .rolledBack)
    swapped.driver.finish()
    let judged = try Judged(swapped.records("log.jsonl"))
    let whole = try Judged(records(run(isolationGraph(Self.judge(1, isolate: true))) { _ in }))
    #expect(Set(judged.scores.map(\.end)).count == judged.scores.count)
    for slice in whole.scores where !judged.scores.contains(where: { $0.end == slice.end }) {
      #expect(judged.gaps.contains { $0.begin < slice.end && slice.end <= $0.end }, "\(slice.begin) to \(slice.end)")
    }
  }

  /// `set`: new values of a node that keeps its state.
  @Test func aValueChangesWhileTheNodeRuns() throws {
    let text = { (gain: Int, isolate: Bool) in
      """
      graph: tune
      nodes:
        mic:  { type: source }
        loud: { type: gain, gain: \(gain) dB, thread: worker, isolate: \(isolate) }
        out:  { type: sink.npy, path: "${env:OUT}/log.npy" }
      links: [ mic -> loud -> out ]
      """
    }
    let results = try [false, true].map { isolate in
      let run = try run(text(0, isolate)) { try $0.engine.apply($0.graph(text(-6, isolate))) }
      #expect(run.engine.swapStatus?.position != nil && run.engine.swapStatus?.reason == nil)
      run.driver.finish()
      return run.file("log.npy")
    }
    #expect(results[0].count > 120_000 * 4)
    #expect(results[0] == results[1])
  }
}

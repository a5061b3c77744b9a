import Foundation
import TestSupport
import Testing

/// A node that breaks the rules is quarantined; everything else continues.
@Suite struct FaultTests {
  static func graph(_ fault: String, thread: String) -> String {
    """
    graph: faults
    nodes:
      mic: { type: source }
      bad: { type: test.faulty, library: \(BuildFolder.path)/libtestplugin-faulty.so, fault: \(fault), after: 5, thread: \(thread) }
      scores: { type: sink.jsonl, path: "${env:OUT}/scores.jsonl" }
      sound: { type: sink.npy, path: "${env:OUT}/sound.npy" }
    links: [ mic -> bad -> scores, mic -> sound ]
    """
  }

  @Test(arguments: ["nan", "fail", "overflow"], ["realtime", "worker"])
  func aFaultyNodeIsQuarantined(fault: String, thread: String) throws {
    var random = SeededRandom(seed: 1)
    let result = try runByHand(Self.graph(fault, thread: thread), feed: [.samples(random.noise(frames: 25_600))])
    let lines = try result.lines("scores.jsonl").map {
      try JSONDecoder().decode(GapTests.Line.self, from: Data($0.utf8))
    }
    #expect(lines.filter { $0.kind == "score" }.count == 5)
    // Missing output is reported at once, and again at the end, without a hole between.
    let gaps = lines.filter { $0.kind == "gap" }
    #expect(gaps.map(\.cause) == ["node", "node"] && gaps.map(\.node) == ["bad", "bad"])
    #expect(gaps.map(\.begin) == [5 * 256, 6 * 256] && gaps.map(\.end) == [6 * 256, 25_600])
    #expect(result.files["sound.npy"]?.count == 128 + 25_600 * 4)
    let reasons = [
      "nan": "yielded a score that is not a finite number", "fail": "fails on demand",
      "overflow": "yielded more tokens than its configure declared",
    ]
    #expect(result.log == ["error bad: \(reasons[fault]!); the node is quarantined, the graph runs on"])
  }

  /// The engine may take a node out, too: its stream says so from the next call on.
  @Test(arguments: ["realtime", "worker"])
  func aNodeIsQuarantinedOnRequest(thread: String) throws {
    let run = try HandRun(Self.graph("none", thread: thread))
    var random = SeededRandom(seed: 1)
    run.driver.feed(random.noise(frames: 2560), period: 256)
    run.engine.drain()
    run.engine.quarantine("bad", because: "overran its budget")
    #expect(run.engine.quarantinedNodes == ["bad"] && run.engine.failure(of: "bad") == "overran its budget")
    run.driver.feed(random.noise(frames: 2560), period: 256)
    run.driver.finish()
    let lines = try run.records("scores.jsonl").map {
      try JSONDecoder().decode(GapTests.Line.self, from: Data($0.utf8))
    }
    #expect(lines.filter { $0.kind == "score" }.count == 10)
    let gaps = lines.filter { $0.kind == "gap" }
    #expect(gaps.first?.begin == 2560 && gaps.last?.end == 5120 && gaps.allSatisfy { $0.node == "bad" }, "\(gaps)")
    #expect(zip(gaps, gaps.dropFirst()).allSatisfy { $0.end == $1.begin })
    #expect(run.messages == ["error bad: overran its budget; the node is quarantined, the graph runs on"])
  }

  /// The node before it holds frames back, so that the last watermark lies before the end.
  @Test(arguments: ["realtime", "worker"])
  func theLastGapOfAFailedNodeReachesTheEndOfTheStream(thread: String) throws {
    let graph = """
      graph: late
      nodes:
        mic: { type: source }
        half: { type: resample, rate: 24 kHz }
        bad: { type: test.faulty, library: \(BuildFolder.path)/libtestplugin-faulty.so, fault: fail, after: 5, thread: \(thread) }
        scores: { type: sink.jsonl, path: "${env:OUT}/scores.jsonl" }
      links: [ mic -> half -> bad -> scores ]
      """
    var random = SeededRandom(seed: 1)
    let result = try runByHand(graph, feed: [.samples(random.noise(frames: 25_600))])
    let gaps = try result.lines("scores.jsonl").map {
      try JSONDecoder().decode(GapTests.Line.self, from: Data($0.utf8))
    }.filter { $0.kind == "gap" }
    #expect(gaps.count == 2 && gaps.allSatisfy { $0.cause == "node" })
    #expect(gaps.last?.end == 25_600, "\(gaps)")
    #expect(zip(gaps, gaps.dropFirst()).allSatisfy { $0.end == $1.begin })
  }

  @Test func aFullDiskStopsThatSinkOnly() throws {
    let graph = """
      graph: full
      nodes:
        mic: { type: source }
        judge: { type: test.faulty, library: \(BuildFolder.path)/libtestplugin-faulty.so }
        full: { type: sink.jsonl, path: /dev/full }
        sound: { type: sink.npy, path: "${env:OUT}/sound.npy" }
      links: [ mic -> judge -> full, mic -> sound ]
      """
    var random = SeededRandom(seed: 1)
    let result = try runByHand(graph, feed: [.samples(random.noise(frames: 48_000))])
    #expect(result.files["sound.npy"]?.count == 128 + 48_000 * 4)
    #expect(result.log.contains { $0.contains("full") && $0.contains("No space left on device") })
  }
}

import Foundation
import Glibc
import RunControl
import TestSupport
import Testing

/// Ways back of a running graph, as they are typed, on private dummy servers.
@Suite(
  .serialized, .timeLimit(.minutes(3)),
  .enabled(if: FileManager.default.isExecutableFile(atPath: "/usr/bin/jackd"), "jackd is not installed"))
struct TakeBackCommandTests {
  private let folder = ScratchFolder()
  private var auscult: Command { Command(folder) }
  private let name = "test-\(getpid())-\(UInt32.random(in: 0...UInt32.max))"

  private func graph(hop: String = "50 %", more: String = "") -> String {
    """
    graph: back
    nodes:
      fan: { type: source.synth, machine: fan }
      stft: { type: stft, length: 512, hop: 480 }
      mel: { type: mel, bands: 16 }
      slices: { type: slicer, length: 20 frames, hop: \(hop) }
      judge: { type: test.judge, library: \(BuildFolder.path)/libtestplugin-judge.so\(more) }
      log: { type: sink.jsonl, path: log.jsonl }
    links: fan -> stft -> mel -> slices -> judge -> log
    """
  }

  private func status() throws -> JSONValue { try JSONValue(parsing: Array(try auscult("status", "--json").out.utf8)) }

  private func wait(for condition: (JSONValue) -> Bool) throws -> JSONValue {
    var last: JSONValue?
    try waitUntil {
      // There is no answer before the run has begun.
      guard let answer = try? status() else { return false }
      last = answer
      return condition(answer)
    }
    return try #require(last)
  }

  private func records() throws -> [JSONValue] {
    try folder.text("log.jsonl").split(separator: "\n").map { try JSONValue(parsing: Array($0.utf8)) }
  }

  /// The slices change, so that the sink is a new one, which continues the file; then the detector fails.
  @Test func aDetectorThatFailsIsTakenBackWithTheSinkBehindIt() throws {
    try folder.write("back.yaml", graph())
    let live = try LiveCommand(
      auscult, arguments: ["run", "back.yaml", "--start-server", "--name", name, "--period", "256"])
    _ = try wait { ($0["position"]?.integer ?? 0) > 48_000 }
    try folder.write("back.yaml", graph(hop: "25 %", more: ", bad_after: 12, how: fail"))
    let outcome = try auscult("apply")
    #expect(outcome.status == 0, "\(outcome.err)")
    #expect(
      outcome.out.contains(
        "if slices or judge or log fails or takes too long within 5 s after the exchange, the previous graph judges again, "
          + "and log continues the same file"), "\(outcome.out)")
    let swap = try wait { $0["swap"]?["stage"] == "rolled back" }
    #expect(swap["generation"] == 3 && swap["failed_nodes"]?.array?.isEmpty == true)
    #expect(swap["swap"]?["reason"] == "node 'judge' failed")
    let there = try #require(swap["swap"]?["exchange_position"]?.integer)
    let back = try #require(swap["swap"]?["return_position"]?.integer)
    _ = try wait { ($0["position"]?.integer ?? 0) > back + 48_000 }
    #expect(try auscult("stop").status == 0)
    // A node failed, although the graph continued with the old one.
    let end = try live.end()
    #expect(end.status == 1 && end.err.contains("1 node of 'back' failed: judge"), "\(end.err)")
    #expect(!end.err.contains("is being written"), "\(end.err)")

    let scores = try records().filter { $0["kind"] == "score" }
    let gaps = try records().filter { $0["kind"] == "gap" && $0["cause"] != "node" }
    for score in scores {
      let end = try #require(score["end"]?.integer)
      #expect(score["generation"] == .integer(end <= there ? 1 : end <= back ? 2 : 3))
    }
    for (from, to) in [(Int64.min, there), (back, Int64.max)] {
      let part = scores.filter { ($0["end"]?.integer ?? 0) > from && ($0["end"]?.integer ?? 0) <= to }
      #expect(part.count >= 5, "\(part)")
      try expectSpacing(part, 4800, gaps: gaps, least: 3)
    }
  }

  /// Back and forth any number of times, while the old nodes stand by and later.
  @Test func rollbackTwiceUndoesItself() throws {
    try folder.write("back.yaml", graph())
    let live = try LiveCommand(
      auscult, arguments: ["run", "back.yaml", "--start-server", "--name", name, "--period", "256"])
    _ = try wait { ($0["position"]?.integer ?? 0) > 24_000 }
    #expect(try auscult("swap", "judge", "weight=2").status == 0)
    var generations: [Int64] = []
    for round in 1...4 {
      let plan = try auscult("rollback", "--dry-run")
      #expect(plan.status == 0, "\(plan.err)")
      let outcome = try auscult("rollback")
      #expect(outcome.status == 0, "\(outcome.err)")
      // The next `swap` compares with the current graph.
      let present = try auscult("swap", "judge", "weight=7", "--dry-run").out
      #expect(present.contains("weight: \(round % 2 == 1 ? 1 : 2) -> 7"), "round \(round): \(present)")
      generations.append(try #require(try status()["generation"]?.integer))
    }
    #expect(zip(generations, generations.dropFirst()).allSatisfy { $0 < $1 }, "\(generations)")
    #expect(try auscult("stop").status == 0)
    #expect(try live.end().status == 0)
    let scores = try records().filter { $0["kind"] == "score" }
    let seen = scores.compactMap { $0["generation"]?.integer }
    #expect(zip(seen, seen.dropFirst()).allSatisfy { $0 <= $1 }, "\(seen)")
    try expectSpacing(scores, 4800, gaps: try records().filter { $0["kind"] == "gap" }, least: 3)
  }
}

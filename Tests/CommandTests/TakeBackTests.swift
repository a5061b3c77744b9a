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
    let deadline = Date(timeIntervalSinceNow: 60)
    while Date() < deadline {
      // There is no answer before the run has begun.
      if let status = try? status(), condition(status) { return status }
      usleep(50_000)
    }
    Issue.record("it never came")
    return try status()
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
    let gaps = try records().contains { $0["kind"] == "gap" && $0["cause"] != "node" }
    for score in scores {
      let end = try #require(score["end"]?.integer)
      #expect(score["generation"] == .integer(end <= there ? 1 : end <= back ? 2 : 3))
    }
    for (from, to) in [(Int64.min, there), (back, Int64.max)] where !gaps {
      // The first slice begins with the stream, half a window later than the others do.
      let ends = scores.compactMap { $0["end"]?.integer }.filter { $0 > from && $0 <= to }
      #expect(ends.count >= 5 && zip(ends, ends.dropFirst()).allSatisfy { $1 - $0 == 4800 }, "\(ends)")
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
    let ends = scores.compactMap { $0["end"]?.integer }
    let gaps = try records().contains { $0["kind"] == "gap" }
    if !gaps { #expect(zip(ends, ends.dropFirst()).allSatisfy { $1 - $0 == 4800 }, "\(ends)") }
  }
}

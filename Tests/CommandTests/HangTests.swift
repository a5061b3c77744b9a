import Foundation
import Glibc
import JSONText
import RunControl
import TestSupport
import Testing

/// Nodes that do not return from one of their functions, on a private dummy server: each is reported, other commands
/// answer meanwhile, the run ends in time, and the records of the healthy nodes are written.
@Suite(
  .serialized, .oneServerAtATime,
  .enabled(if: FileManager.default.isExecutableFile(atPath: "/usr/bin/jackd"), "jackd is not installed"))
struct HangTests {
  private let folder = ScratchFolder()
  private var auscult: Command {
    var command = Command(folder)
    command.environment["AUSCULT_PLUGIN_PATH"] = folder.path + "/plugins"
    command.environment["TEST_HANG_FILE"] = folder.path + "/hangs"
    return command
  }
  private let name = "test-\(getpid())-\(UInt32.random(in: 0...UInt32.max))"
  /// A run must end within five seconds; the rest is for busy machines.
  private let endLimit = 5.0 + 3
  /// Frames in a cycle: one score of each.
  private let period = 1024

  init() throws {
    mkdir(folder.path + "/plugins", 0o755)
    try CompiledPlugin.build("c-hang/hang.c", into: folder.path + "/plugins/libauscult-hang.so")
    try folder.write("hang.yaml", graph())
  }

  private func graph(_ where: String = "nowhere", sink: String = "nowhere", after: Int = 10) -> String {
    """
    graph: hang
    nodes:
      tone: { type: source.synth, machine: fan }
      well: { type: test.hang, thread: worker }
      bad: { type: test.hang, thread: worker, where: \(`where`), after: \(after) }
      log: { type: sink.jsonl, path: log.jsonl }
      other: { type: test.hang.sink, where: \(sink), after: \(after) }
    links: [tone -> well -> log, tone -> bad -> log, well -> other]
    """
  }

  private func start(_ more: String...) throws -> LiveCommand {
    let live = try LiveCommand(
      auscult,
      arguments: ["run", "hang.yaml", "--start-server", "--name", name, "--rate", "8000", "--period", "\(period)"]
        + more)
    try live.wait(for: "auscult: latency ")
    return live
  }

  /// Ends a run, and checks its duration and its files.
  private func end(_ live: LiveCommand, by signals: [Int32], status: Int32) throws -> Outcome {
    let began = ContinuousClock.now
    for signal in signals {
      live.signal(signal)
      try live.waitUntilTaken(signal)
    }
    let outcome = try live.end(seconds: 60)
    #expect(ContinuousClock.now - began < .seconds(endLimit), "\(outcome.err)")
    #expect(live.process.terminationReason == .exit, "\(outcome.err)")
    #expect(outcome.status == status, "\(outcome.err)")
    return outcome
  }

  /// The records of the healthy detector have no hole, to the end of the sound, except where a busy machine made the
  /// server lose a cycle, which is reported.
  private func expectComplete(_ outcome: Outcome, least: Int = 10) throws {
    let records = try folder.text("log.jsonl").split(separator: "\n").map { try JSONValue(parsing: Array($0.utf8)) }
    let scores = records.filter { $0["kind"] == "score" && $0["node"] == "well" }
    #expect(scores.count >= least, "\(outcome.err)")
    let gaps = records.filter { $0["kind"] == "gap" && $0["cause"] == "xrun" }
    let ends = Dictionary(
      gaps.compactMap { gap in gap["begin"]?.integer.flatMap { begin in gap["end"]?.integer.map { (begin, $0) } } },
      uniquingKeysWith: max)
    for (score, next) in zip(scores, scores.dropFirst()) {
      var due = (score["begin"]?.integer ?? 0) + Int64(period)
      while let end = ends[due] { due = end }
      #expect(next["begin"]?.integer == due)
    }
    if let summary = outcome.err.firstMatch(of: /ran for .*: (\d+) frames/) {
      let lost = ends.reduce(0) { $0 + $1.value - $1.key }
      #expect(
        scores.last?["begin"]?.integer.map { "\($0 + Int64(period) - lost)" } == String(summary.1), "\(outcome.err)")
    }
  }

  private func position() throws -> Int64 {
    let status = try JSONValue(parsing: Array(try auscult("status", name, "--json").out.utf8))
    return status["position"]?.integer ?? -1
  }

  private func waitForPosition(_ position: Int64) throws {
    let deadline = Date(timeIntervalSinceNow: 60)
    while try self.position() < position { try #require(Date() < deadline) }
  }

  @Test(arguments: [[SIGTERM], [SIGINT, SIGINT]]) func aNodeThatHangsInProcess(signals: [Int32]) throws {
    try folder.write("hang.yaml", graph("process"))
    let live = try start()
    try waitForPosition(40_000)
    let outcome = try end(live, by: signals, status: 1)
    #expect(outcome.err.contains("bad: does not return from 'process'"), "\(outcome.err)")
    #expect(outcome.err.contains("error: 1 node of 'hang' failed: bad"), "\(outcome.err)")
    try expectComplete(outcome)
    let gaps = try folder.text("log.jsonl").split(separator: "\n").filter { $0.contains("\"cause\":\"node\"") }
    #expect(!gaps.isEmpty, "what the node did not judge is marked")
  }

  /// It is reported while the run continues, and does not delay the others.
  @Test func aHangIsToldOfInTime() throws {
    try folder.write("hang.yaml", graph("process", sink: "process"))
    let live = try start()
    try live.wait(for: "bad: does not return from 'process'; the node is quarantined", seconds: 60)
    try live.wait(for: "other: has not returned from 'process' for 10 s", seconds: 60)
    let status = try auscult("status", name)
    #expect(status.out.contains("failed    bad"), "\(status.out)")
    #expect(status.out.contains("late      other (process) has not returned"), "\(status.out)")
    // Records of the other node before the same sink continue.
    let size = try folder.data("log.jsonl").count
    let deadline = Date(timeIntervalSinceNow: 60)
    while try folder.data("log.jsonl").count <= size { try #require(Date() < deadline) }
    let began = ContinuousClock.now
    #expect(try auscult("stop", name).status == 0)
    #expect(ContinuousClock.now - began < .seconds(endLimit))
    let outcome = try live.end(seconds: 60)
    #expect(outcome.status == 1)
    try expectComplete(outcome)
  }

  /// A new instance takes over; the old one, in which a thread hangs, is counted for as long as the run lasts.
  @Test func aNodeThatHangsComesBack() throws {
    try folder.write("hang.yaml", graph("process", after: 100))
    let live = try start()
    try live.wait(for: "bad: does not return from 'process'; the node is quarantined", seconds: 60)
    try live.wait(for: "bad: a new instance of the node has taken over", seconds: 60)
    let status = try auscult("status", name)
    #expect(status.out.contains("abandoned bad: 1 instance with a thread that never returned"), "\(status.out)")
    let json = try JSONValue(parsing: Array(try auscult("status", name, "--json").out.utf8))
    #expect(json["abandoned"]?["bad"]?.integer == 1)
    #expect(json["health"]?.text == "leaking", "\(json)")
    let check = try auscult("status", name, "--check")
    #expect(check.status == 0 && check.out.contains("leaking 1 instance of nodes that never returned"), "\(check.out)")
    try expectComplete(try end(live, by: [SIGTERM], status: 1))
  }

  /// A sink that returns late continues; only its own records are lost.
  @Test func aSinkThatIsLateHoldsUpNobody() throws {
    let text = graph().replacingOccurrences(
      of: "test.hang.sink, where: nowhere", with: "test.hang.sink, where: process, seconds: 15 s")
    try folder.write("hang.yaml", text)
    let live = try start()
    try live.wait(for: "other: has not returned from 'process' for 10 s", seconds: 60)
    try live.wait(for: "other: has returned from 'process' and goes on", seconds: 60)
    try expectComplete(try end(live, by: [SIGTERM], status: 1))
  }

  @Test(arguments: ["deactivate", "destroy"]) func anEndThatHangs(place: String) throws {
    try folder.write("hang.yaml", graph(place, sink: place))
    let live = try start()
    try waitForPosition(16_000)
    let outcome = try end(live, by: [SIGTERM], status: place == "deactivate" ? 1 : 0)
    try expectComplete(outcome)
  }

  /// A change whose new node does not come back is refused in time; meanwhile other commands answer.
  @Test(arguments: ["create", "configure", "activate"]) func aChangeThatHangs(place: String) throws {
    let live = try start()
    let change = try LiveCommand(
      auscult, arguments: ["swap", "bad", "where=\(place)", "--timeout", "3s", "--graph", name])
    try waitForPosition(16_000)
    let outcome = try change.end(seconds: 60)
    #expect(outcome.status == 1)
    #expect(
      outcome.err.contains(
        "node 'bad' (test.hang): has not returned from '\(place)' within 3 s; allow more with --timeout"),
      "\(outcome.err)")
    #expect(try auscult("swap", "bad", "after=7", "--graph", name).status == 0, "the next change is made")
    try expectComplete(try end(live, by: [SIGTERM], status: 0))
  }

  /// The run ends in time also while it waits for such a node.
  @Test(arguments: ["create", "configure", "activate"]) func anEndDuringAChangeThatHangs(place: String) throws {
    let live = try start()
    try waitForPosition(8000)
    let change = try LiveCommand(
      auscult, arguments: ["swap", "bad", "where=\(place)", "--timeout", "60s", "--graph", name])
    try waitUntil { folder.contains("hangs") }
    let outcome = try end(live, by: [SIGTERM], status: 0)
    // Seven whole periods lie before frame position 8000.
    try expectComplete(outcome, least: 7)
    #expect(try change.end(seconds: 60).status == 1)
  }

  /// A new node that hangs in `process` is taken back, or quarantined.
  @Test func aNewNodeThatHangsInProcess() throws {
    let live = try start()
    try waitForPosition(8000)
    let outcome = try auscult("swap", "bad", "where=process", "after=0", "--graph", name)
    #expect(outcome.status == 1, "\(outcome.err)")
    #expect(outcome.err.contains("node 'bad' failed before the exchange"), "\(outcome.err)")
    #expect(try auscult("swap", "bad", "after=7", "--graph", name).status == 0, "the next change is made")
    try expectComplete(try end(live, by: [SIGTERM], status: 1))
  }

  /// No sound can arrive any more: the run ends by itself, and everything up to then is written.
  @Test func aHangOnTheRealtimeThread() throws {
    try folder.write("hang.yaml", graph("process").replacingOccurrences(of: "thread: worker, where", with: "where"))
    let live = try start()
    let outcome = try live.end(seconds: 60)
    #expect(outcome.status == 1)
    #expect(outcome.err.contains("bad: does not return from 'process' on the realtime thread"), "\(outcome.err)")
    #expect(outcome.err.contains("the run ended without bad: the node does not return"), "\(outcome.err)")
    try expectComplete(outcome)
    #expect(try auscult("status", name).err.contains("no graph named '\(name)' runs"))
  }
}

/// The same over files, where nothing has a deadline.
struct FileHangTests {
  private let folder = ScratchFolder()
  private var auscult: Command {
    var command = Command(folder)
    command.environment["AUSCULT_PLUGIN_PATH"] = folder.path + "/plugins"
    return command
  }

  init() throws {
    mkdir(folder.path + "/plugins", 0o755)
    try CompiledPlugin.build("c-hang/hang.c", into: folder.path + "/plugins/libauscult-hang.so")
    try folder.write("sound.wav", wav([Int16](repeating: 1000, count: 160_000)))
  }

  private func write(_ place: String, thread: String = "worker") throws {
    try folder.write(
      "hang.yaml",
      """
      graph: hang
      nodes:
        mic: { type: source }
        well: { type: test.hang, thread: worker }
        bad: { type: test.hang, thread: \(thread), where: \(place), after: 50 }
        log: { type: sink.jsonl, path: log.jsonl }
      links: [mic -> well -> log, mic -> bad -> log]
      """)
  }

  @Test(arguments: ["create", "configure", "activate"]) func aNodeThatIsNeverReady(place: String) throws {
    try write(place)
    let outcome = try auscult("run", "hang.yaml", "--input", "sound.wav", seconds: 60)
    #expect(outcome.status == 1)
    #expect(
      outcome.err.contains("node 'bad' (test.hang): has not returned from '\(place)' within 10 s"), "\(outcome.err)")
    #expect(outcome.err.contains("hang.yaml:5:"), "\(outcome.err)")
  }

  @Test(arguments: ["worker", "realtime"]) func aNodeThatHangsInProcess(thread: String) throws {
    try write("process", thread: thread)
    let run = try LiveCommand(auscult, arguments: ["run", "hang.yaml", "--input", "sound.wav"])
    try run.wait(for: "bad: has not returned from 'process' for 10 s")
    let began = ContinuousClock.now
    run.signal(SIGINT)
    try run.waitUntilTaken(SIGINT)
    run.signal(SIGINT)
    let outcome = try run.end(seconds: 60)
    #expect(ContinuousClock.now - began < .seconds(5 + 3))
    #expect(outcome.status == 1 && run.process.terminationReason == .exit, "\(outcome.err)")
    #expect(try folder.text("log.jsonl").contains("\"node\":\"well\""))
  }

  @Test(arguments: ["deactivate", "destroy"]) func aNodeThatDoesNotEnd(place: String) throws {
    try write(place)
    let outcome = try auscult("run", "hang.yaml", "--input", "sound.wav", seconds: 60)
    #expect(outcome.status == (place == "deactivate" ? 1 : 0), "\(outcome.err)")
    #expect(try folder.text("log.jsonl").contains("\"node\":\"well\""))
  }
}

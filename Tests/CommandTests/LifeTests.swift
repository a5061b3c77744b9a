import Foundation
import Glibc
import RunControl
import TestSupport
import Testing

/// Events in a long run: hang-ups, logs that are moved, commands from other environments.
@Suite(
  .serialized, .oneServerAtATime,
  .enabled(if: FileManager.default.isExecutableFile(atPath: "/usr/bin/jackd"), "jackd is not installed"))
struct LifeTests {
  private let folder = ScratchFolder()
  private let name = "test-\(getpid())-\(UInt32.random(in: 0...UInt32.max))"

  init() throws { try folder.write("watch.yaml", graph(seconds: 1)) }

  private func graph(seconds: Int) -> String {
    """
    graph: watch
    nodes:
      tone: { type: source.synth, machine: fan }
      stft: { type: stft, length: 512, hop: 256 }
      mel: { type: mel, bands: 32 }
      level: { type: normalize, mode: decibel }
      slices: { type: slicer, length: 8 frames, hop: 100 % }
      judge: { type: detector.level, learn: \(seconds) s }
      log: { type: sink.jsonl, path: log.jsonl }
    links: tone -> stft -> mel -> level -> slices -> judge -> log
    """
  }

  private func start(_ command: Command) throws -> LiveCommand {
    let live = try LiveCommand(
      command, arguments: ["run", "watch.yaml", "--start-server", "--name", name, "--rate", "16000"])
    try live.wait(for: "auscult: latency ")
    return live
  }

  private func waitForRecords(_ file: String, more than: Int = 0) throws {
    let deadline = Date(timeIntervalSinceNow: 60)
    func bytes() throws -> Int { folder.contains(file) ? try folder.data(file).count : -1 }
    while try bytes() <= than { try #require(Date() < deadline) }
  }

  private func end(_ live: LiveCommand) throws -> Outcome {
    live.signal(SIGTERM)
    return try live.end(seconds: 60)
  }

  // MARK: Outputs

  /// A monitoring system must learn that a drive was unplugged.
  @Test func anOutputThatCannotBeWrittenIsTrouble() throws {
    try folder.write("disk/keep", "")
    try folder.write(
      "watch.yaml", folder.text("watch.yaml").replacing("path: log.jsonl", with: "path: disk/out/log.jsonl"))
    let live = try start(Command(folder))
    try waitForRecords("disk/out/log.jsonl")
    rename(folder.path + "/disk", folder.path + "/gone")
    try live.wait(for: "The node tries again; everything else runs on")
    let check = { try Command(folder)("status", name, "--check") }
    try waitUntil { try check().out.contains("output 'log' can't be written (") }
    #expect(try check().status == 2)
    #expect(try Command(folder)("status", name).out.contains("\nblocked   log, since "))
    rename(folder.path + "/gone", folder.path + "/disk")
    try live.wait(for: "is written again after")
    try waitUntil { try !check().out.contains("can't be written") }
    #expect(try end(live).status == 0)
  }

  // MARK: Signals

  /// As under nohup.
  @Test func aHangUpThatWasIgnoredStaysIgnored() throws {
    var command = Command(folder)
    command.ignoredSignals = "HUP"
    let live = try start(command)
    live.signal(SIGHUP)
    try waitForRecords("log.jsonl")
    #expect(try command("status", name).status == 0)
    let outcome = try end(live)
    #expect(outcome.status == 0, "\(outcome.err)")
    #expect(!outcome.err.contains("SIGHUP"), "\(outcome.err)")
  }

  /// A signal that comes while the graph is still being read does not end the program.
  @Test func aHangUpAtTheBeginningEndsNothing() throws {
    let live = try LiveCommand(
      Command(folder), arguments: ["run", "watch.yaml", "--start-server", "--name", name, "--rate", "16000"])
    let deadline = Date(timeIntervalSinceNow: 60)
    while try !isHeld(SIGHUP, by: live.process.processIdentifier) { try #require(Date() < deadline) }
    live.signal(SIGHUP)
    try live.wait(for: "auscult: latency ")
    try waitForRecords("log.jsonl")
    #expect(try end(live).status == 0)
  }

  /// Whether a process has blocked a signal, on its first thread.
  private func isHeld(_ number: Int32, by process: Int32) throws -> Bool {
    let status = try String(contentsOfFile: "/proc/\(process)/status", encoding: .utf8)
    let mask = try #require(status.firstMatch(of: /SigBlk:\s*([0-9a-f]+)/)).output.1
    return try #require(UInt64(mask, radix: 16)) >> (number - 1) & 1 == 1
  }

  /// A script's shell starts background jobs with SIGINT ignored, and SIGINT still ends them.
  @Test func anInterruptEndsABackgroundJob() throws {
    var command = Command(folder)
    command.ignoredSignals = "INT"
    let live = try start(command)
    live.signal(SIGINT)
    let outcome = try live.end(seconds: 60)
    #expect(outcome.status == 0, "\(outcome.err)")
  }

  @Test func aHangUpReadsTheGraphAnew() throws {
    let live = try start(Command(folder))
    try folder.write("watch.yaml", graph(seconds: 2))
    live.signal(SIGHUP)
    try live.wait(for: "SIGHUP: reopening the outputs and reading watch.yaml again", seconds: 60)
    try live.wait(for: "apply: judge re-warmed", seconds: 60)
    try folder.write("watch.yaml", "graph: [")
    live.signal(SIGHUP)
    try live.wait(for: "the graph runs on unchanged", seconds: 60)
    #expect(try end(live).status == 0)
  }

  /// What logrotate does: move the file, send SIGHUP. No line is lost, broken or doubled.
  @Test func aHangUpOpensOutputsAnew() throws {
    let live = try start(Command(folder))
    try waitForRecords("log.jsonl", more: 2000)
    #expect(rename(folder.path + "/log.jsonl", folder.path + "/old.jsonl") == 0)
    live.signal(SIGHUP)
    try waitForRecords("log.jsonl", more: 2000)
    #expect(try end(live).status == 0)
    let lines = try (folder.text("old.jsonl") + folder.text("log.jsonl")).split(separator: "\n")
    let scores = try lines.map { try JSONValue(parsing: Array($0.utf8)) }.filter { $0["kind"] == "score" }
    #expect(scores.count > 10)
    for (score, next) in zip(scores, scores.dropFirst()) {
      #expect(next["begin"]?.integer == score["begin"]?.integer.map { $0 + 8 * 256 })
    }
  }

  // MARK: Where a run is found

  /// The run and the command have nothing in common but the user.
  @Test func aRunIsFoundWhateverTheEnvironment() throws {
    var (run, other) = (Command(folder), Command(folder))
    for (place, isRun) in [("a", true), ("b", false)] {
      mkdir(folder.path + "/" + place, 0o700)
      let variables = ["XDG_RUNTIME_DIR": folder.path + "/" + place, "AUSCULT_CONTROL_PATH": ""]
      if isRun { run.environment = variables } else { other.environment = variables }
    }
    let live = try start(run)
    #expect(folder.contains("a/auscult/\(name).sock"))
    #expect(try other("status", name).status == 0)
    let second = try other("run", "watch.yaml", "--start-server", "--name", name)
    #expect(second.status == 1)
    #expect(second.err.contains("a graph named '\(name)' runs already (pid \(live.process.processIdentifier))"))
    #expect(try other("stop", name).status == 0)
    #expect(try live.end(seconds: 60).status == 0)
    let gone = try other("status", name)
    #expect(gone.status == 1)
    for place in ["\(folder.path)/b/auscult", "/run/auscult", "/tmp/auscult-\(geteuid())"] {
      #expect(gone.err.contains(place), "\(gone.err)")
    }
  }

  /// A client connects again and again, and sends nothing.
  @Test func idleConnectionsKeepNoCommandAway() throws {
    let live = try start(Command(folder))
    var idle: [ControlClient] = []
    let place = ControlFolder(path: folder.path + "/auscult")
    for _ in 0..<32 { idle.append(try ControlClient(name: name, folder: place, timeout: .seconds(60))) }
    // Until a second has passed, no client is disconnected to make room.
    try waitUntil { try Command(folder)("status", name).status == 0 }
    for _ in 0..<5 { #expect(try Command(folder)("status", name).status == 0) }
    #expect(throws: Never.self) { try idle[31].call("status") }
    let problem = #expect(throws: ControlError.self) { try idle[0].call("status") }
    #expect(problem?.message == "the graph closed the connection to make room for other clients; try again")
    #expect(try Command(folder)("stop", name).out == "stopped \(name)\n")
    #expect(try live.end(seconds: 60).status == 0)
  }
}

import Foundation
import Glibc
import RunControl
import TestSupport
import Testing

/// Changes of a running graph, as they are typed, on private dummy servers.
@Suite(
  .serialized, .timeLimit(.minutes(3)),
  .enabled(if: FileManager.default.isExecutableFile(atPath: "/usr/bin/jackd"), "jackd is not installed"))
struct ChangeTests {
  private let folder = ScratchFolder()
  private var auscult: Command { Command(folder) }
  private let name = "test-\(getpid())-\(UInt32.random(in: 0...UInt32.max))"

  /// A graph that hears itself: a slice every 0.1 s.
  private let graph = """
    graph: change
    nodes:
      fan: { type: source.synth, machine: fan }
      louder: { type: gain, gain: 1 }
      stft: { type: stft, length: 512, hop: 480 }
      mel: { type: mel, bands: 16 }
      level: { type: normalize, mode: decibel }
      slices: { type: slicer, length: 20 frames, hop: 50 % }
      judge: { type: detector.bands, learn: 0.5 s }
      log: { type: sink.jsonl, path: log.jsonl }
    links: fan -> louder -> stft -> mel -> level -> slices -> judge -> log
    """

  init() throws { try folder.write("change.yaml", graph) }

  private func start() throws -> LiveCommand {
    let live = try LiveCommand(
      auscult, arguments: ["run", "change.yaml", "--start-server", "--name", name, "--period", "256"])
    try live.wait(for: "judge: fan learned")
    return live
  }

  private func stop(_ live: LiveCommand) throws {
    #expect(try auscult("stop").status == 0)
    let outcome = try live.end()
    #expect(outcome.status == 0, "\(outcome.err)")
  }

  /// What happens to a node, of the lines that a change prints.
  private func action(_ node: String, _ outcome: Outcome) -> String? {
    outcome.out.split(separator: "\n").map { cells($0) }.first { $0.first == node }.map { $0[2] }
  }

  private func json(_ outcome: Outcome) throws -> JSONValue { try JSONValue(parsing: Array(outcome.out.utf8)) }

  private func records() throws -> [JSONValue] {
    try folder.text("log.jsonl").split(separator: "\n").map { try JSONValue(parsing: Array($0.utf8)) }
  }

  /// A new detector that learns for an hour does not judge before that. Until then `rollback` and `discard` cancel it
  /// at once, and other changes report what they would wait for.
  @Test func aChangeThatDoesNotGetOnHoldsNobodyUp() throws {
    let live = try start()
    for command in ["rollback", "discard"] {
      let change = try LiveCommand(auscult, arguments: ["swap", "judge", "learn=1h"])
      try waitUntil { try json(try auscult("status", "--json"))["swap"]?["stage"]?.text == "warming" }
      if command == "discard" {
        let other = try auscult("swap", "louder", "gain=2")
        #expect(other.status == 1)
        #expect(
          other.err.contains(
            "'swap judge learn=1h' is in progress, and its new nodes have not yielded valid tokens for 10 s"))
      }
      let end = try auscult(command)
      #expect(end.status == 0 && end.out.contains("gave up the previous change"), "\(end.err)")
      let given = try change.end()
      #expect(given.status == 1 && given.err.contains("it was given up before the exchange"), "\(given.err)")
    }
    #expect(try auscult("swap", "judge", "type=detector.level").status == 0)
    try stop(live)
  }

  @Test func aDetectorIsSwappedAndEverySliceIsJudgedOnce() throws {
    let live = try start()
    let plan = try auscult("swap", "judge", "type=detector.level", "--dry-run")
    #expect(plan.status == 0)
    #expect(action("judge", plan) == "re-warmed")
    #expect(action("slices", plan) == "kept")
    #expect(!plan.out.contains("exchange at"))

    let outcome = try auscult("swap", "judge", "type=detector.level")
    #expect(outcome.status == 0, "\(outcome.err)")
    #expect(action("judge", outcome) == "re-warmed")
    #expect(outcome.out.contains("detector.bands -> detector.level"))
    let exchange = #/exchange at frame position ([0-9]+), generation 2\nconfigure /#
    let position = try #require(outcome.out.firstMatch(of: exchange).flatMap { Int64($0.1) })
    let status = try json(try auscult("status", "--json"))
    #expect(status["generation"] == 2)
    #expect(status["swap"]?["exchange_position"]?.integer == position)
    #expect(try auscult("status").out.contains("\ngraph     generation 2; changed at frame position \(position)"))
    try folder.waitForScores("log.jsonl", generation: 2, count: 4)
    try stop(live)

    let scores = try records().filter { $0["kind"] == "score" }
    try expectSpacing(scores, 4800, gaps: try records().filter { $0["kind"] == "gap" }, least: 3)
    for score in scores {
      let end = try #require(score["end"]?.integer)
      #expect(score["generation"] == (end <= position ? 1 : 2))
    }
    #expect(Set(scores.compactMap { $0["generation"]?.integer }) == [1, 2])
  }

  /// The realtime thread must not wait for a disk when it enters a plugin, also one that a change has brought.
  @Test(.enabled(if: mayLockMemory, "memory may not be locked here"))
  func thePluginsOfAChangeStayInMemory() throws {
    let live = try start()
    let process = live.process.processIdentifier
    let slicer = try CodeInMemory("libauscult-slicer", of: process)
    #expect(slicer?.isKept == true, "\(String(describing: slicer))")
    #expect(try CodeInMemory("libauscult-resample", of: process) == nil)
    let longer = graph.replacingOccurrences(of: "fan -> louder", with: "fan -> slower -> louder")
      .replacingOccurrences(of: "nodes:\n", with: "nodes:\n  slower: { type: resample, rate: 24 kHz }\n")
    try folder.write("change.yaml", longer)
    #expect(try auscult("apply").status == 0)
    let resample = try CodeInMemory("libauscult-resample", of: process)
    #expect(resample?.isKept == true, "\(String(describing: resample))")
    try stop(live)
  }

  @Test func aMistakeChangesNothingAndIsToldWithItsPlace() throws {
    let live = try start()
    try folder.write("change.yaml", graph.replacingOccurrences(of: "bands: 16", with: "bandz: 8"))
    let outcome = try auscult("apply")
    #expect(outcome.status == 1)
    #expect(
      outcome.err == """
        change.yaml:6:21: error: mel has no parameter 'bandz'; did you mean 'bands'?
          mel: { type: mel, bandz: 8 }
                            ^~~~~
        auscult: nothing was changed

        """)
    let object = try json(try auscult("apply", "change.yaml", "--json"))
    #expect(object["state"] == "failed")
    #expect(object["diagnostics"]?.array?.first?["line"] == 6)
    #expect(object["diagnostics"]?.array?.first?["file"]?.text?.hasSuffix(folder.path + "/change.yaml") == true)

    let swap = try auscult("swap", "judge", "lern=2s")
    #expect(swap.status == 1)
    #expect(swap.err.hasPrefix("swap:1:7: error: detector.bands has no parameter 'lern'; did you mean 'learn'?\n"))
    let unknown = try auscult("swap", "juge", "learn=2s")
    #expect(unknown.err.hasPrefix("swap:1:1: error: the graph has no node 'juge'; did you mean 'judge'?\n"))
    #expect(try json(try auscult("status", "--json"))["generation"] == 1)
    try stop(live)
  }

  @Test func laterChangesBuildOnWhatRuns() throws {
    let live = try start()
    #expect(try auscult("swap", "judge", "learn=0.3s").status == 0)
    // The file is in the middle of being edited: the swap does not read it.
    try folder.write("change.yaml", "graph: [")
    let again = try auscult("swap", "level", "low=-90 dB", "high=0 dB")
    #expect(again.status == 0, "\(again.err)")
    #expect(again.out.contains("low: "))
    #expect(!again.out.contains("learn: "))

    try folder.write("change.yaml", graph.replacingOccurrences(of: "bands: 16", with: "bands: 8"))
    let applied = try auscult("apply")
    #expect(applied.status == 0, "\(applied.err)")
    #expect(action("mel", applied) == "re-warmed")
    #expect(action("stft", applied) == "kept")
    #expect(applied.out.contains("\njudge.learn=0.3s (auscult swap) still overrides the file; "))
    let fresh = try auscult("apply", "--fresh", "--dry-run")
    #expect(fresh.out.contains("learn: 0.3s -> 0.5 s"), "\(fresh.out)")
    #expect(try auscult("apply").out.hasPrefix("nothing changes\n"))
    let other = try auscult("swap", "judge", "type=detector.level", "--dry-run")
    #expect(
      other.out.contains("\nignored, because it was set for the node's previous class: judge.learn=0.3s\n"),
      "\(other.out)")
    try stop(live)
  }

  @Test func anotherClassLeavesOutWhatItHasNot() throws {
    try folder.write("change.yaml", graph.replacingOccurrences(of: "learn: 0.5 s", with: "learn: 0.5 s, top: 2"))
    let check = try auscult("check", "change.yaml", "--set", "judge.type=detector.level", "--set", "judge.type=nothing")
    #expect(check.err.contains("there is no node class 'nothing'"))
    let left = try auscult("check", "change.yaml", "--set", "judge.type=detector.level")
    #expect(left.status == 0, "\(left.err)")
    #expect(left.err.contains("warning: detector.level has no parameter 'top': it is ignored\n"), "\(left.err)")
  }

  @Test func onlyParametersThatMayChangeWhileRunningAreSet() throws {
    let live = try start()
    let outcome = try auscult("set", "louder", "gain=0.5")
    #expect(outcome.status == 0, "\(outcome.err)")
    #expect(action("louder", outcome) == "retuned")
    #expect(outcome.out.contains("gain: 1 -> 0.5"), "\(outcome.out)")
    let refused = try auscult("set", "judge", "learn=2s")
    #expect(refused.status == 1)
    #expect(
      refused.err == """
        auscult: error: 'learn' of judge (detector.bands) can't change while the node runs; \
        `auscult swap judge learn=2s` puts a new node in its place
        auscult: nothing was changed

        """)
    #expect(try auscult("set", "judge", "type=detector.level").status == 1)
    try stop(live)
  }

  @Test func rollbackReturns() throws {
    let live = try start()
    #expect(
      try auscult("rollback").err
        == "auscult: error: there is no graph to return to: nothing was changed yet\nauscult: nothing was changed\n")
    #expect(try auscult("swap", "judge", "type=detector.level").status == 0)
    // The old nodes still stand by.
    let back = try auscult("rollback")
    #expect(back.status == 0, "\(back.err)")
    #expect(try json(try auscult("status", "--json"))["swap"]?["stage"] == "rolled back")
    #expect(try auscult("swap", "judge", "type=detector.bands").out.hasPrefix("nothing changes\n"))
    try stop(live)
  }

  @Test func changesThatComeAtOnceWaitForEachOther() throws {
    let live = try start()
    let changes = try (1...4).map { index in
      let process = try auscult.prepared(["swap", "judge", "learn=0.\(index)s"])
      process.standardOutput = FileHandle.nullDevice
      try process.run()
      return process
    }
    for change in changes {
      change.waitUntilExit()
      #expect(change.terminationStatus == 0)
    }
    #expect(try json(try auscult("status", "--json"))["generation"] == 5)
    try stop(live)
  }

  @Test func aCandidateRunsBesideUntilItIsPromotedOrDiscarded() throws {
    let live = try start()
    #expect(
      try auscult("promote").err.hasPrefix("auscult: error: no candidate runs: begin with "))
    let shadow = try auscult("shadow", "judge", "type=detector.level")
    #expect(shadow.status == 0, "\(shadow.err)")
    let report = try json(try auscult("shadow", "status", "--json"))["shadow"]
    #expect(report?["present"]?["node"] == "judge" && report?["candidate"]?["scores"] != nil)
    #expect(try auscult("shadow").out.contains("\ncandidate "))
    let refused = try auscult("swap", "judge", "learn=1s")
    #expect(refused.status == 1)
    #expect(refused.err.hasPrefix("auscult: error: a candidate runs: `auscult promote` or "))
    #expect(try auscult("discard").out.hasSuffix("the candidate has ended\n"))
    #expect(try auscult("shadow", "status").status == 1)
    #expect(try auscult("shadow", "judge", "type=detector.level").status == 0)
    let promoted = try auscult("shadow", "promote")
    #expect(promoted.status == 0, "\(promoted.err)")
    #expect(promoted.out.contains("exchange at frame position "))
    try stop(live)
  }

  @Test func usageErrorsAreStatus64() throws {
    for arguments in [
      ["swap"], ["swap", "judge", "learn"], ["set", "judge"], ["set", "judge", "=3"], ["shadow", "judge"],
      ["apply", "--timeout", "soon"], ["rollback", "judge"],
    ] {
      let outcome = try auscult.run(arguments)
      #expect(outcome.status == 64, "\(arguments): \(outcome.err)")
    }
    #expect(try auscult("swap", "judge", "learn=1s").status == 1)
  }
}

private let mayLockMemory: Bool = {
  var limit = rlimit()
  return geteuid() == 0
    || getrlimit(__rlimit_resource_t(__RLIMIT_MEMLOCK.rawValue), &limit) == 0 && limit.rlim_cur > 1 << 30
}()

/// The code of a library in a process's memory.
private struct CodeInMemory {
  private let size: Int
  private let resident: Int
  private let isLocked: Bool

  /// Nil: the process has not loaded it.
  init?(_ library: String, of process: pid_t) throws {
    // The system gives this file in pieces, of which Foundation reads the first.
    let maps = try CompiledPlugin.run("cat", ["/proc/\(process)/smaps"]).split(separator: "\n")
    guard let begin = maps.firstIndex(where: { $0.contains(library) && $0.contains(" r-xp ") }) else { return nil }
    func field(_ name: String) -> Substring {
      maps[begin...].first { $0.hasPrefix(name + ":") }?.dropFirst(name.count + 1) ?? ""
    }
    func kilobytes(_ name: String) throws -> Int {
      try #require(Int(field(name).filter(\.isNumber)))
    }
    size = try kilobytes("Size")
    resident = try kilobytes("Rss")
    isLocked = field("VmFlags").split(separator: " ").contains("lo")
  }

  var isKept: Bool { isLocked && resident == size }
}

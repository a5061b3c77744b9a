import Foundation
import GraphEngine
import Isolation
import SystemCalls
import TestSupport
import Testing

/// A plugin in a process of its own may do anything: the graph runs on, what is lost is marked, and the records say why.
@Suite struct MisbehaviourTests {
  private static let sound: [[Float]] = {
    var random = SeededRandom(seed: 3)
    return random.noise(frames: 60_000)
  }()
  nonisolated(unsafe) private static let whole = Result {
    try runByHand(isolationGraph(misbehaving("exit", after: 1_000_000)), feed: [.samples(sound)])
  }

  /// What it does, and the words that the record has for it.
  @Test(arguments: [
    ("segfault", "crashed (SIGSEGV) in 'process'"), ("abort", "crashed (SIGABRT) in 'process'"),
    ("exit", "ended itself (exit status 3) in 'process'"), ("loop", "did not return from 'process' within 1 s"),
    ("sleep", "did not return from 'process' within 1 s"), ("eat", "there is no more memory"),
    ("fork", "fork: Operation not permitted"), ("overwrite", "wrote over the end of its output in 'process'"),
    ("garbage", "wrote over the end of its output in 'process'"),
    ("count", "yielded more tokens than its configure declared in 'process'"),
    ("chatter", "ended itself (exit status 4) in 'process', saying 'nonsense 19999'"),
  ])
  func onlyItsOwnTokensAreLost(how: String, words: String) throws {
    let result = try runByHand(isolationGraph(misbehaving(how, after: 130)), feed: [.samples(Self.sound)])
    let whole = try Self.whole.get()
    let judged = try result.judged
    let missing = try judged.check(against: whole.judged)
    #expect(missing > 0)
    #expect(judged.scores.count > 100)
    // The node beside it has lost nothing.
    #expect(result.scores("rest.jsonl") == whole.scores("rest.jsonl"))
    #expect(result.statistics.droppedTokens == 0)
    #expect(!judged.ends.isEmpty)
    #expect(judged.ends.allSatisfy { $0.reason?.contains(words) ?? false }, "\(judged.ends.map(\.reason))")
    #expect(result.log.contains { $0.hasPrefix("error judge: its process ") && $0.contains(words) }, "\(result.log)")
    // The first score after a gap says so.
    #expect(judged.scores.contains { $0.flags?.contains("gap") ?? false })
  }

  @Test func aNodeThatAlwaysCrashesIsGivenUpWhereNothingIsLate() throws {
    let result = try runByHand(isolationGraph(misbehaving("abort", after: 0)), feed: [.samples(Self.sound)])
    let judged = try result.judged
    #expect(judged.scores.isEmpty && judged.ends.count == 5)
    try judged.check(against: Self.whole.get().judged)
    #expect(result.log.last?.contains("has ended again and again") ?? false, "\(result.log)")
    #expect(try result.scores("rest.jsonl") == Self.whole.get().scores("rest.jsonl"))
  }

  @Test(arguments: ["create", "configure", "activate"])
  func aCrashBeforeTheRunIsAnErrorAtTheNode(place: String) throws {
    let error = #expect(throws: (any Error).self) {
      _ = try runByHand(isolationGraph(misbehaving("segfault", where: place, after: 0)), feed: [])
    }
    #expect("\(error!)".contains("its process crashed (SIGSEGV) in '\(place)'"), "\(error!)")
  }

  @Test(arguments: ["deactivate", "destroy"], ["segfault", "loop"])
  func aFaultAtTheEndDelaysNothing(place: String, how: String) throws {
    let began = ContinuousClock.now
    let result = try runByHand(
      isolationGraph(misbehaving(how, where: place, after: 0)), feed: [.samples(Self.sound)])
    #expect(try result.files["log.jsonl"]?.count ?? 0 >= Self.whole.get().files["log.jsonl"]!.count / 2)
    #expect(ContinuousClock.now - began < .seconds(60))
  }

  /// No network, no files, no processes, no signals, no higher limits: each is refused, so the node judges everything.
  @Test func nothingReachesBeyondTheProcess() throws {
    let result = try runByHand(isolationGraph(misbehaving("escape", after: 10)), feed: [.samples(Self.sound)])
    #expect(try result.files["log.jsonl"] == Self.whole.get().files["log.jsonl"])
    #expect(result.log.isEmpty, "\(result.log)")
  }

  /// `kill -9` at random moments.
  @Test func aKilledProcessLosesOnlyWhatIsMarked() throws {
    let kills = (ProcessInfo.processInfo.environment["AUSCULT_LONG"] ?? "").isEmpty ? 20 : 200
    var random = SeededRandom.fresh()
    print("seed \(random.seed)")
    let sound = random.noise(frames: 20_000)
    let text = { (name: String) in
      isolationGraph(misbehaving("exit", after: 1_000_000)).replacing("judge:", with: "\(name):")
        .replacing("-> judge ->", with: "-> \(name) ->")
    }
    let whole = try HandRun(text("whole"))
    let killed = try HandRun(text("victim"))
    var ended = 0
    while ended < kills {
      let process = try #require(IsolationList.shared.all.first { $0.node == "victim" }?.process)
      // While the node works, or between two calls.
      let delay = random.next() % 20_000
      let killer = Thread {
        Polling.pause(.microseconds(Int(delay)))
        kill(pid_t(process), SIGKILL)
      }
      killer.start()
      for run in [whole, killed] { run.driver.feed(sound, period: 256) }
      for run in [whole, killed] { run.engine.drain() }
      try waitUntil { killer.isFinished }
      // The next call finds that it has ended.
      for run in [whole, killed] { run.driver.feed(sound, period: 256) }
      for run in [whole, killed] { run.engine.drain() }
      ended += 1
    }
    #expect(IsolationList.shared.all.first { $0.node == "victim" }?.restarts == kills)
    for run in [whole, killed] { run.driver.finish() }
    let judged = try Judged(killed.records("log.jsonl"))
    let missing = try judged.check(against: Judged(whole.records("log.jsonl")))
    print("\(kills) kills: \(judged.scores.count) slices judged, \(missing) missing and marked")
    #expect(judged.ends.count == kills)
    #expect(judged.ends.allSatisfy { $0.reason!.contains("SIGKILL") })
    let rest = [killed, whole].map { $0.records("rest.jsonl").filter { $0.contains("\"kind\":\"score\"") } }
    #expect(!rest[0].isEmpty && rest[0] == rest[1])
  }
}

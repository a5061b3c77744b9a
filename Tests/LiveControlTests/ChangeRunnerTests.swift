import GraphEngine
import LiveControl
import RunControl
import TestSupport
import Testing

/// Changes of a graph that runs by hand, one after the other.
@Suite struct ChangeRunnerTests {
  @Test func aChangeTellsHowItGetsOn() throws {
    let run = try HandLiveRun()
    let id = try run.submit(.swap, "judge", "weight=2")
    #expect(try run.record(id).state == .waiting)
    run.poll()
    let warming = try run.record(id)
    #expect(warming.state == .warming && warming.swap?.stage == .warming)
    #expect(warming.plan?.changes.first { $0.node == "judge" }?.action == .rewarmed)
    #expect(run.value("judge", "weight") == 2)
    let done = try run.finish(id)
    #expect(done.state == .done && done.swap?.position != nil && done.problem == nil)
    #expect(done.rate == HandLiveRun.rate)
    #expect(run.ended.map(\.request.words) == ["swap judge weight=2"])
  }

  @Test func aSecondChangeWaitsForTheFirst() throws {
    let run = try HandLiveRun()
    let first = try run.submit(.swap, "judge", "weight=2")
    let second = try run.submit(.swap, "judge", "weight=3")
    run.poll()
    #expect(try run.record(first).state == .warming && run.record(second).state == .waiting)
    // The old nodes of the first change stand by only as long as the next change takes.
    #expect(try run.finish(second).state == .done)
    #expect(try run.record(first).state == .done)
    #expect(run.ended.map(\.request.values) == [["weight=2"], ["weight=3"]])
    #expect(run.value("judge", "weight") == 3)
    // Later changes build on earlier ones.
    #expect(try run.finish(.set, "louder", "gain=0.5").state == .done)
    #expect(run.value("judge", "weight") == 3)
    run.run(until: { !run.engine.isSwapping })
    run.poll()
    #expect(run.changes.source.overrides.map(\.text) == ["judge.weight=3", "louder.gain=0.5"])
  }

  @Test func aChangeIsRefusedWhileACandidateRuns() throws {
    let run = try HandLiveRun()
    #expect(try run.finish(.promote).problem == .noCandidate)
    #expect(try run.finish(.shadow, "judge", "weight=5").state == .done)
    #expect(run.engine.swapStatus?.stage == .shadowing)
    #expect(try run.finish(.swap, "judge", "weight=2").problem == .candidateRuns)
    #expect(try run.finish(.rollback).problem == .candidateRuns)
    #expect(run.engine.swapStatus?.stage == .shadowing)
    #expect(try run.finish(.discard).state == .done)
    #expect(run.value("judge", "weight") == 1)
    #expect(try run.finish(.shadow, "judge", "weight=5").state == .done)
    let promoted = try run.finish(.promote)
    #expect(promoted.state == .done && promoted.swap?.position != nil)
    #expect(run.value("judge", "weight") == 5)
  }

  /// A detector that learns for an hour does not judge before that.
  @Test(arguments: [ChangeRequest.Kind.rollback, .discard])
  func aChangeThatNeverJudgesIsGivenUp(by kind: ChangeRequest.Kind) throws {
    let run = try HandLiveRun(["graph.yaml": HandLiveRun.graph(judge: "type: detector.bands, learn: 0.1 s")])
    let endless = try run.submit(.swap, "judge", "learn=1h")
    for _ in 0..<50 { run.poll() }
    #expect(try run.record(endless).swap?.stage == .warming)
    let other = try run.submit(.swap, "louder", "gain=2")
    run.clock.advance(.seconds(4))
    _ = try run.record(other)
    run.clock.advance(.seconds(4))
    run.poll()
    #expect(try run.record(other).state == .waiting)
    run.clock.advance(.seconds(3))
    run.poll()
    let refused = try run.record(other)
    #expect(
      refused.problem == .waitedTooLong(request: "swap judge learn=1h", seconds: 11),
      "\(refused.problem?.description ?? "")")

    let end = try run.finish(kind)
    #expect(end.state == .done && end.notes == [.gaveUpWarmUp])
    #expect(end.plan?.changes.first { $0.node == "judge" }?.action == .kept)
    let given = try run.finish(endless)
    #expect(given.problem == .swapEnded(reason: "it was given up before the exchange"))
    #expect(run.value("judge", "learn") == 0.1)
    #expect(run.ended.map(\.record.state) == [.failed, .done, .failed])
    // The running graph can be changed again.
    #expect(try run.finish(.swap, "judge", "learn=0.2s").state == .done)
  }

  @Test func aChangeNobodyWaitsForIsDropped() throws {
    let run = try HandLiveRun(["graph.yaml": HandLiveRun.graph(judge: "type: detector.bands, learn: 0.1 s")])
    let endless = try run.submit(.swap, "judge", "learn=1h")
    run.poll()
    let (read, unread) = (try run.submit(.set, "louder", "gain=2"), try run.submit(.set, "louder", "gain=3"))
    _ = try run.record(read)
    run.clock.advance(.seconds(6))
    run.poll()
    #expect(try run.record(read).problem == .abandoned)
    // A saved file is not a user's command: its change waits.
    #expect(try run.record(unread).state == .waiting)
    #expect(try run.record(endless).state == .warming)
  }

  @Test func rollbackReturns() throws {
    let run = try HandLiveRun()
    #expect(try run.finish(.rollback).problem == .noPreviousGraph)
    #expect(try run.finish(.swap, "judge", "weight=2").state == .done)
    // While the old nodes stand by.
    #expect(run.engine.swapStatus?.stage == .probation)
    let back = try run.finish(.rollback)
    #expect(back.state == .done && back.swap?.stage == .rolledBack)
    #expect(run.value("judge", "weight") == 1 && run.changes.source.overrides.isEmpty)
    // A second rollback undoes the first.
    #expect(try run.finish(.rollback).state == .done)
    #expect(run.value("judge", "weight") == 2)
    run.run(until: { !run.engine.isSwapping })
    // When they are gone, the graph before is applied again.
    let again = try run.finish(.rollback)
    #expect(again.state == .done && again.plan?.changes.first { $0.node == "judge" }?.action == .rewarmed)
    #expect(run.value("judge", "weight") == 1)
  }

  @Test func aNewNodeThatFailsIsTakenBack() throws {
    let run = try HandLiveRun()
    #expect(try run.finish(.swap, "judge", "weight=2", "bad_after=40").state == .done)
    run.run(until: { run.engine.swapStatus?.stage == .rolledBack })
    run.poll()
    #expect(run.value("judge", "weight") == 1 && run.changes.source.overrides.isEmpty)
    #expect(try run.finish(.rollback).problem == .noPreviousGraph)
  }

  @Test func setChangesOnlyWhatMayChangeWhileANodeRuns() throws {
    let run = try HandLiveRun()
    let set = try run.finish(.set, "louder", "gain=0.5")
    #expect(set.state == .done && set.plan?.changes.first { $0.node == "louder" }?.action == .retuned)
    let refused = try run.finish(.set, "judge", "weight=2")
    #expect(
      refused.problem == .fixedParameter("weight", node: "judge", className: "test.judge", values: ["weight=2"]))
    #expect(run.value("judge", "weight") == 1)
  }

  @Test func aDryRunStopsAfterThePlan() throws {
    let run = try HandLiveRun()
    var request = ChangeRequest(.swap)
    (request.node, request.values, request.isDryRun) = ("judge", ["weight=2"], true)
    let record = try run.finish(run.changes.queue.submit(request))
    #expect(record.state == .done && record.plan?.isEmpty == false && record.swap == nil)
    #expect(run.value("judge", "weight") == 1 && !run.engine.isSwapping)
  }

  @Test func aMistakeChangesNothing() throws {
    let run = try HandLiveRun()
    try run.folder.write("graph.yaml", HandLiveRun.graph().replacing("bands:", with: "bandz:"))
    let failed = try run.finish(.apply)
    #expect(failed.state == .failed && failed.problem == nil && failed.plan == nil)
    let places = failed.diagnostics.compactMap(\.location)
    #expect(places.first?.line == 7 && places.first?.file == run.file)
    #expect(run.changes.faultyFiles.contains(run.file))
    #expect(run.engine.generation == 1)
    // A change of the running graph does not read the file.
    #expect(try run.finish(.swap, "judge", "weight=2").state == .done)
    try run.folder.write("graph.yaml", HandLiveRun.graph(bands: 16))
    let applied = try run.finish(.apply)
    #expect(applied.state == .done && run.changes.faultyFiles.isEmpty)
    #expect(applied.notes == [.overrideWins("judge.weight=2", origin: "swap")])
    #expect(run.value("judge", "weight") == 2 && run.value("mel", "bands") == 16)
  }

  @Test func overridesWithoutAPlaceAreLeftOut() throws {
    let graph = HandLiveRun.graph(judge: "type: detector.level, learn: 0.1 s")
    let run = try HandLiveRun(["graph.yaml": graph])
    #expect(try run.finish(.swap, "judge", "learn=0.2s").state == .done)
    let other = try run.finish(.swap, "judge", "type=detector.bands")
    #expect(other.state == .done && other.notes == [.overridesOfOtherType(["judge.learn=0.2s"])])
    #expect(run.value("judge", "learn") == 0.1)
    #expect(try run.finish(.set, "louder", "gain=2").state == .done)
    let text = graph.replacing("louder: { type: gain, gain: 1 }", with: "quieter: { type: gain }")
    try run.folder.write("graph.yaml", text.replacing("-> louder ->", with: "-> quieter ->"))
    let applied = try run.finish(.apply)
    #expect(applied.notes.first == .overridesWithoutPlace(["louder.gain=2"]))
    #expect(run.className("judge") == "detector.bands" && run.className("quieter") == "gain")
  }
}

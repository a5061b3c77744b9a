import Foundation
import GraphEngine
import LiveControl
import RunControl
import Synchronization
import TestSupport
import Testing

/// Answers of a live run, and its reaction to SIGHUP, without a control socket and a JACK server.
@Suite struct RunStatusTests {
  private func status(_ run: HandLiveRun, wake: @escaping @Sendable () -> Void = {}) -> RunStatus {
    RunStatus(
      name: "watch", rate: HandLiveRun.rate, engine: run.engine,
      driver: { DriverFigures(server: "dummy", period: 250) },
      training: { LearningProgress(stage: .listening) }, wake: wake)
  }

  @Test func theFiguresAreThoseOfTheControlThread() throws {
    let run = try HandLiveRun()
    let isAsked = DispatchSemaphore(value: 0)
    let status = status(run) { isAsked.signal() }
    run.poll()
    let answer = Mutex<RunFigures?>(nil)
    let isAnswered = DispatchSemaphore(value: 0)
    Thread.detachNewThread {
      let figures = status.figures
      answer.withLock { $0 = figures }
      isAnswered.signal()
    }
    #expect(isAsked.wait(timeout: .now() + 60) == .success)
    status.update()
    #expect(isAnswered.wait(timeout: .now() + 60) == .success)
    let figures = try #require(answer.withLock { $0 })
    #expect(figures.statistics.position == 1000 && figures.generation == 1)
    let json = figures.json
    #expect(json["server"] == "dummy" && json["period"] == 250 && json["name"] == "watch")
    #expect(json["training"] == ["stage": "listening", "rounds": 0])
    #expect(json["machines"]?.array?.first?["machine"] == "fan")
    // Sound after the end is not processed.
    _ = status.freeze()
    run.poll()
    #expect(status.update().statistics.position == 1000 && status.figures.statistics.position == 1000)
  }

  @Test func changesAreAskedForAndFollowed() throws {
    let run = try HandLiveRun()
    let wakes = Atomic<Int>(0)
    let stops = Atomic<Int>(0)
    let methods = RunMethods(
      status: status(run), queue: run.changes.queue, subscriptions: Subscriptions(wake: {}),
      wake: { wakes.add(1, ordering: .relaxed) },
      stop: { stops.add(1, ordering: .relaxed) }
    ).handlers
    let swap = try #require(methods["swap"])
    let change = try #require(methods["change"])
    let id = try #require(try swap(["node": "judge", "values": ["weight=2"]])["change"])
    #expect(wakes.load(ordering: .relaxed) == 1)
    #expect(try change(["change": id])["state"] == "waiting")
    _ = try run.finish(Int(try #require(id.integer)))
    let done = try change(["change": id])
    #expect(done["state"] == "done" && done["swap"]?["exchange_position"]?.integer != nil)
    #expect(throws: ControlError.failed("there is no change 99")) { try change(["change": 99]) }
    #expect(try methods["stop"]?([:]) == ["stopping": true])
    #expect(stops.load(ordering: .relaxed) == 1)
  }

  @Test func hangupReadsTheGraphAnew() throws {
    let run = try HandLiveRun()
    let events = Mutex<[LiveEvent]>([])
    let wakes = Atomic<Int>(0)
    let hangup = HangupHandler(
      run.changes, run.engine, wake: { wakes.add(1, ordering: .relaxed) },
      tell: { event in events.withLock { $0.append(event) } })
    hangup.look()
    #expect(events.withLock { $0.isEmpty })
    try run.folder.write("graph.yaml", HandLiveRun.graph(judge: HandLiveRun.judge(weight: 2)))
    hangup.flag.raise()
    hangup.flag.raise()
    #expect(wakes.load(ordering: .relaxed) == 2)
    hangup.look()
    hangup.look()
    run.run(until: { run.ended.count == 1 })
    #expect(events.withLock { $0 } == [.hangup(file: run.file)])
    #expect(run.ended[0].request.isWatched && run.value("judge", "weight") == 2)
    run.changes.queue.refuse("not now")
    hangup.flag.raise()
    hangup.look()
    #expect(events.withLock { $0.last } == .hangupRefused(file: run.file, reason: "not now"))
  }
}

import GraphEngine
import TestSupport
import Testing

/// The health that follows from the facts of a machine, and how an engine collects the facts.
@Suite struct HealthTests {
  private typealias Facts = MachineHealth.Facts
  private typealias Score = MachineHealth.Score
  private typealias Alarm = MachineHealth.Alarm

  /// 1000 frames a second, at 100 s.
  private func health(
    input: MachineHealth.Input? = nil, scores: [Score] = [], alarms: [Alarm] = [], failed: [String] = [],
    stalled: Double = 0
  ) -> MachineHealth {
    MachineHealth(
      Facts(
        machine: "fan", rate: 1000, position: 100_000, stalled: stalled, input: input, scores: scores, alarms: alarms,
        failed: failed))
  }

  private func input(sounding: Int64 = 100_000, moving: Int64 = 100_000, connected: Int64 = 100_000)
    -> MachineHealth.Input
  {
    MachineHealth.Input(peak: 0.5, rms: 0.1, sounding: sounding, moving: moving, connected: connected)
  }

  @Test func aMachineThatIsHeardAndJudgedIsWell() {
    let health = health(
      input: input(), scores: [Score(node: "judge", end: 99_000, usual: 1)], alarms: [Alarm(node: "a")])
    #expect(health.state == .ok && !health.isTrouble && health.cause == nil)
  }

  @Test func deafnessByTheInputAlone() {
    #expect(health(input: input(sounding: 90_000)).cause == .silent)
    #expect(health(input: input(sounding: 90_001)).state == .ok)
    #expect(health(input: input(moving: 90_000)).cause == .stuck)
    // Without a connection there is neither sound nor movement: the connection is the cause.
    #expect(health(input: input(sounding: 0, moving: 0, connected: 90_000)).cause == .unconnected)
    #expect(health(input: input(sounding: 0, moving: 0, connected: 90_001)).cause == .silent)
    // A driver without cycles is not silence.
    #expect(health(input: input(sounding: 95_000), stalled: 60).cause == nil)
  }

  @Test func deafnessByAnAlarm() {
    let deaf = Alarm(node: "alarm", deaf: 50_000, cause: .noScore)
    let health = health(input: input(), alarms: [deaf])
    #expect(health.state == .deaf && health.cause == .noScore && health.isTrouble)
  }

  @Test func overdueScores() {
    let score = { (end: Int64?, learned: Int64?) in Score(node: "judge", end: end, learned: learned, usual: 2) }
    #expect(health(scores: [score(88_001, nil)]).state == .ok)
    #expect(health(scores: [score(88_000, nil)]).state == .overdue)
    #expect(health(scores: [score(99_000, nil), score(nil, nil)]).state == .overdue)
    #expect(health(scores: [score(99_000, nil)], stalled: 20).state == .overdue)
    #expect(health(scores: [score(nil, 99_000)]).state == .learning)
    #expect(health(scores: [score(nil, 80_000)]).state == .overdue)
  }

  @Test func whatIsWorseGoesFirst() {
    let raised = Alarm(node: "alarm", raised: 90_000)
    #expect(health(scores: [Score(node: "judge", end: 99_000)], alarms: [raised]).state == .alarm)
    #expect(!health(alarms: [raised]).isTrouble)
    #expect(health(scores: [Score(node: "judge", end: 1)], alarms: [raised]).state == .overdue)
    #expect(health(input: input(connected: 0), scores: [Score(node: "judge", end: 1)], alarms: [raised]).state == .deaf)
    #expect(health(input: input(connected: 0), failed: ["judge"]).state == .failed)
  }

  @Test func anEngineTellsOfItsMachines() throws {
    var random = SeededRandom.fresh()
    print("seed \(random.seed)")
    let run = try HandRun(DeafTests.graph(), rate: 16000)
    let monitor = HealthMonitor()
    run.driver.feed(random.noise(frames: 14_000), period: 256)
    run.engine.drain()
    #expect(monitor.look(at: run.engine).map(\.state) == [.learning])
    run.driver.feed(random.noise(frames: 80000), period: 256)
    run.engine.drain()
    let well = try #require(monitor.look(at: run.engine).first)
    #expect(well.machine == "fan" && well.state == .ok)
    #expect(well.facts.scores.map(\.node) == ["judge"] && well.facts.alarms.map(\.node) == ["alarm"])
    #expect(well.facts.scores[0].threshold > 0 && well.facts.age(well.facts.scores[0].end!) < 1)
    // White noise in [-0.5, 0.5].
    #expect(abs(well.facts.input!.rms - 0.289) < 0.02 && abs(well.facts.input!.peak - 0.5) < 0.05)
    #expect(run.engine.takeAlarmEvents().filter { $0.state == .deaf }.isEmpty)
    run.driver.feed([[Float](repeating: 0.3, count: 48000)], period: 256)
    run.engine.drain()
    let stuck = try #require(monitor.look(at: run.engine).first)
    #expect(stuck.state == .deaf && stuck.cause == .stuck)
    let told = run.engine.takeAlarmEvents().filter { $0.state == .deaf }
    #expect(told.map(\.cause) == [.stuck] && told.map(\.machine) == ["fan"])
    #expect(run.engine.takeAlarmEvents().isEmpty)
  }

  /// A machine that is off gives no reports if the user wants none.
  @Test(arguments: ["off", "20 s"]) func deafnessIsAsTheAlarmOfTheMachineHasIt(deaf: String) throws {
    var random = SeededRandom.fresh()
    print("seed \(random.seed)")
    let run = try HandRun(DeafTests.graph(deaf: deaf), rate: 16000)
    run.driver.feed(random.noise(frames: 48_000), period: 256)
    run.driver.feed([[Float](repeating: 0, count: 15 * 16_000)], period: 256)
    run.engine.drain()
    #expect(HealthMonitor().look(at: run.engine).first?.cause == nil)
    run.driver.feed([[Float](repeating: 0, count: 15 * 16_000)], period: 256)
    run.engine.drain()
    #expect(HealthMonitor().look(at: run.engine).first?.cause == (deaf == "off" ? nil : .silent))
  }

  /// While a new detector warms up, the old one and its alarm determine the machine's health.
  @Test func theOneThatJudgesSaysHowTheMachineIs() throws {
    var random = SeededRandom.fresh()
    print("seed \(random.seed)")
    let run = try HandRun(DeafTests.graph(), rate: 16000)
    let monitor = HealthMonitor()
    // Longer than a detector may go without a score.
    run.driver.feed(random.noise(frames: 30 * 16_000), period: 256)
    run.engine.drain()
    #expect(monitor.look(at: run.engine).map(\.state) == [.ok])
    let next = DeafTests.graph().replacing("hop: 5 frames", with: "hop: 4 frames")
    try run.engine.apply(run.graph(next))
    while run.engine.isSwapping {
      run.driver.feed(random.noise(frames: 1600), period: 256)
      run.engine.drain()
      run.engine.service()
      let stage = run.engine.swapStatus?.stage
      #expect(monitor.look(at: run.engine).map(\.isTrouble) == [false], "\(String(describing: stage))")
      if stage == .probation { run.engine.endSwap() }
    }
    #expect(run.engine.swapStatus?.stage == .done)
  }
}

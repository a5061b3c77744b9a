import Glibc
import GraphEngine
import JACKDriver
import RunControl

/// The control work of a live run in every polling round, until its end.
///
/// Thread: control.
final class LiveRunLoop {
  let methods: RunMethods
  /// Asks the run to end; a task that still learns receives the request first. Any thread.
  let stop: @Sendable () -> Void

  private let live: LiveRun
  private let driver: JACKDriver
  private let engine: Engine
  private let task: (any LiveTask)?
  private let deadline: EndDeadline
  private let status: RunStatus
  private let changes: ChangeRunner
  private let subscriptions: Subscriptions
  private let watch: GraphWatch
  private let quarantine: Quarantine
  private let budget: BudgetWatch
  private let hangup: HangupHandler
  private let service: ServiceReport
  private var firstCycle: FirstCycleWatch

  init(
    _ live: LiveRun, name: String, server: String?, _ driver: JACKDriver, _ engine: Engine, _ task: (any LiveTask)?,
    _ deadline: EndDeadline, _ service: ServiceReport
  ) throws {
    self.service = service
    firstCycle = FirstCycleWatch(live.tell)
    self.live = live
    self.driver = driver
    self.engine = engine
    self.task = task
    self.deadline = deadline
    let control = driver.control
    let server = server ?? Self.standardServer
    let wake: @Sendable () -> Void = { control.wake() }
    stop = { [endRequests = task?.endRequests, stopping = service.stopping] in
      guard endRequests?.end() ?? true else { return control.wake() }
      stopping()
      deadline.end()
      control.stop()
    }
    let changes = ChangeRunner(
      engine, catalog: live.catalog, source: live.source, rate: driver.rate, ended: live.reporter.change)
    self.changes = changes
    let quarantine = Quarantine(changes, engine, tell: live.tell)
    self.quarantine = quarantine
    budget = BudgetWatch(engine, rate: driver.rate)
    status = RunStatus(
      name: name, rate: driver.rate, engine: engine, driver: { DriverFigures(control, server: server) },
      training: { task?.progress }, source: { changes.source }, quarantine: { quarantine.states }, wake: wake)
    if let task { changes.queue.refuse(task.refusal) }
    watch = try GraphWatch(changes, engine, options: live.options.watch, tell: live.tell)
    hangup = HangupHandler(changes, engine, wake: wake, tell: live.tell)
    subscriptions = Subscriptions(wake: wake)
    methods = RunMethods(
      status: status, queue: changes.queue, subscriptions: subscriptions, wake: wake, stop: stop)
  }

  private static var standardServer: String {
    getenv("JACK_DEFAULT_SERVER").map { String(cString: $0) } ?? "default"
  }

  /// From now on signals end the run, and SIGHUP reopens its files.
  func handle(_ signals: SignalWatcher) {
    // Training uses the first two signals.
    let most = task == nil ? 1 : 2
    signals.handleAll { [stop, deadline] count in
      if count <= most { stop() } else { deadline.end(isRepeated: true) }
      return count <= most + 1
    }
    signals.handleHangup { [flag = hangup.flag] in flag.raise() }
  }

  /// - Throws: why there is no result, or why the run has ended.
  func run() throws {
    let reporter = live.reporter
    reporter.begin(status.update(), engine, ports: driver.portNames)
    engine.whileWaiting { [status, engine] in reporter.update(status.update(), engine) }
    defer { engine.whileWaiting {} }
    let outcome = Result { try follow() }
    try task?.finish(after: outcome)
    try outcome.get()
  }

  /// Runs cycles until the end, then lets every node finish its data.
  private func follow() throws {
    let last = live.options.duration.map { Int64(($0 * Double(driver.rate)).rounded()) } ?? .max
    let outcome = Result { () throws(JACKError) in
      try driver.run(
        poll: {
          deadline.leaveServer(false)
          look()
          report(status.update())
          if engine.realtime.position >= last { driver.control.stop() }
          deadline.leaveServer(true)
        }, report: { live.reporter.event($0) })
    }
    deadline.hasLeftServer()
    let figures = status.freeze()
    engine.finishStream()
    // From here on only the server can delay the end.
    deadline.isOver()
    live.reporter.end(figures)
    try outcome.get()
  }

  private func report(_ figures: RunFigures) {
    live.reporter.update(figures, engine)
    let waitsForTransport = live.options.origin == .transport && figures.statistics.cycles == 0
    service.look(figures, waitsForTransport: waitsForTransport)
    if !waitsForTransport { firstCycle.look(figures) }
  }

  private func look() {
    if engine.stuckRealtimeNode != nil { deadline.giveUp() }
    hangup.look()
    subscriptions.look(engine)
    if let task {
      task.look(engine) { driver.control.stop() }
      guard task.isOver else { return }
      changes.queue.refuse(nil)
    }
    watch.look()
    budget.look(
      overruns: driver.control.overruns, period: driver.control.period, audioThread: driver.control.audioThread)
    quarantine.look()
    changes.service()
  }
}

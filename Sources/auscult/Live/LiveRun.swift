import Glibc
import GraphEngine
import GraphText
import JACKDriver
import Logging
import NodeHost
import RunControl

/// A run of a graph as a JACK client, from its first word to its last.
///
/// Thread: control, the main one.
struct LiveRun {
  let graph: Graph
  /// What the graph comes from, and where its classes do.
  let source: GraphSource
  let catalog: PluginCatalog
  let options: LiveOptions
  let rate: Int
  let period: Int
  /// Seconds of sound, or until it is stopped.
  let duration: Double?
  let talk: Talk
  /// What is to be done before the whole graph runs, or in place of it.
  var task: LiveTaskMaker?

  func run() throws {
    // There is nothing to take anew yet.
    let signals = SignalWatcher(hangup: {})
    let ending = EndWatch(talk)
    defer { ending.isOver() }
    do {
      try run(signals, ending)
    } catch let problem as ControlProblem {
      throw Failure(problem.text)
    } catch let error as JACKError {
      throw Failure(error.description, advice: advice(error))
    }
  }

  private func run(_ signals: SignalWatcher, _ ending: EndWatch) throws {
    let name = options.name ?? graph.name
    // First of all, so that a second run of the name ends before it has done anything.
    let control = try ControlServer(name: name)
    let log = EngineLog(talk)
    let privateServer = try startServer()
    defer { privateServer?.stop() }
    let server = privateServer?.name ?? options.server
    let waiting = WaitForServer(control, signals, name: name, graph: graph, talk: talk)
    let driverOptions = JACKDriver.Options(
      name: name, server: server, origin: options.origin == .transport ? .transport : .firstCycle,
      reconnects: options.reconnect)
    guard let driver = try waiting.driver(driverOptions) else { return control.stop() }
    let session = try task.map { try $0(driver.rate, log, driver.control) }
    var engineOptions = EngineOptions()
    engineOptions.log = log.receive
    engineOptions.passesOverLateNodes = true
    let engine = try Engine(graph: session?.graph ?? graph, options: engineOptions)
    ending.begin(engine) { control.stop() }
    try engine.prepare(rate: driver.rate)
    try driver.attach(engine)
    if let reason = lockMemory() { talk.say(.debug, "memory is not locked: \(reason)") }

    let watch = RunWatch(
      name: name, server: server ?? LiveRun.standardServer, rate: driver.rate, engine: engine, control: driver.control,
      training: { session?.status })
    let stop: @Sendable () -> Void = { [control = driver.control, wishes = session?.wishes] in
      guard wishes?.end() ?? true else { return control.wake() }
      ending.end()
      control.stop()
    }
    // A training takes two signals for itself.
    let most = session == nil ? 1 : 2
    signals.handleAll { count in
      if count <= most { stop() } else { ending.end(isRepeated: true) }
      return count <= most + 1
    }
    let report = LiveReport(talk: talk, engine: engine, log: log)
    let desk = ChangeDesk(engine, catalog: catalog, source: source, rate: driver.rate, tell: report.change)
    if let session { desk.board.refuse(session.refusal) }
    let follower = try LiveWatch(desk, engine, talk, watchesGraph: options.watch, watchesPlugins: options.watchPlugins)
    let hangup = Hangup(desk, engine, talk, driver.control)
    signals.handleHangup { [flag = hangup.flag] in flag.raise() }
    let methods = RunMethods(watch: watch, board: desk.board, control: driver.control, stop: stop)
    if waiting.end(with: methods.handlers) { stop() }
    report.begin(watch.update(), ports: driver.portNames)
    defer { control.stop() }
    engine.whileWaiting { report.tick(watch.update()) }
    defer { engine.whileWaiting {} }
    let look = {
      if engine.stuckRealtimeNode != nil { ending.giveUp() }
      hangup.look()
      guard let session else { return follower.look() }
      session.look(engine, driver.control)
      guard session.isOver else { return }
      desk.board.refuse(nil)
      follower.look()
    }
    let outcome = Result { try follow(driver, engine, watch, report, ending, look) }
    try session?.finish(after: outcome)
    try outcome.get()
    try checkNodes(engine, log)
  }

  /// Lets cycles flow until the end, then lets every node finish what it has.
  private func follow(
    _ driver: JACKDriver, _ engine: Engine, _ watch: RunWatch, _ report: LiveReport, _ ending: EndWatch,
    _ look: () -> Void
  ) throws {
    let last = duration.map { Int64(($0 * Double(driver.rate)).rounded()) } ?? .max
    let outcome = Result { () throws(JACKError) in
      try driver.run(
        tick: {
          ending.leaveServer(false)
          look()
          report.tick(watch.update())
          if engine.realtime.position >= last { driver.control.stop() }
          ending.leaveServer(true)
        }, report: { report.event($0) })
    }
    ending.hasLeftServer()
    let figures = watch.freeze()
    engine.finishStream()
    // What is left is the server's business.
    ending.isOver()
    report.end(figures)
    try outcome.get()
  }

  private func startServer() throws(JACKError) -> PrivateServer? {
    guard options.startServer else { return nil }
    let settings = PrivateServer.Options(rate: rate, period: period)
    let server = try PrivateServer(name: options.server ?? PrivateServer.uniqueName(), options: settings)
    talk.info(
      "started a private JACK server without a sound card; other programs find it with "
        + "JACK_DEFAULT_SERVER=\(server.name)")
    return server
  }

  private static var standardServer: String {
    getenv("JACK_DEFAULT_SERVER").map { String(cString: $0) } ?? "default"
  }

  private func advice(_ error: JACKError) -> String? {
    if case .noServer(_, nil) = error {
      return "start one, or use --start-server for a private one without a sound card, or "
        + (task == nil ? "--input to read audio files" : "give recordings, with --normal")
    }
    if case .serverShutDown = error, options.startServer { return nil }
    return error.suggestion
  }
}

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

  func run() throws {
    let signals = SignalWatcher()
    do {
      try run(signals)
    } catch let problem as ControlProblem {
      throw Failure(problem.text)
    } catch let error as JACKError {
      throw Failure(error.description, advice: advice(error))
    }
  }

  private func run(_ signals: SignalWatcher) throws {
    let name = options.name ?? graph.name
    // First of all, so that a second run of the name ends before it has done anything.
    let control = try ControlServer(name: name)
    let log = EngineLog(talk)
    var engineOptions = EngineOptions()
    engineOptions.log = log.receive
    let engine = try Engine(graph: graph, options: engineOptions)
    let privateServer = try startServer()
    defer { privateServer?.stop() }
    let server = privateServer?.name ?? options.server
    let driver = try JACKDriver(
      JACKDriver.Options(
        name: name, server: server, origin: options.origin == .transport ? .transport : .firstCycle,
        reconnects: options.reconnect))
    try engine.prepare(rate: driver.rate)
    try driver.attach(engine)
    if let reason = lockMemory() { talk.say(.debug, "memory is not locked: \(reason)") }

    let watch = RunWatch(
      name: name, server: server ?? LiveRun.standardServer, rate: driver.rate, engine: engine, control: driver.control)
    let stop: @Sendable () -> Void = { [control = driver.control] in control.stop() }
    signals.handle(stop)
    let report = LiveReport(talk: talk, engine: engine, log: log)
    let desk = ChangeDesk(engine, catalog: catalog, source: source, rate: driver.rate, tell: report.change)
    let follower = try LiveWatch(desk, engine, talk, watchesGraph: options.watch, watchesPlugins: options.watchPlugins)
    let methods = RunMethods(watch: watch, board: desk.board, control: driver.control, stop: stop)
    control.start(methods.handlers)
    report.begin(watch.update(), ports: driver.portNames)
    defer { control.stop() }
    try follow(driver, engine, watch, report, follower)
    try checkNodes(engine, log)
  }

  /// Lets cycles flow until the end, then lets every node finish what it has.
  private func follow(
    _ driver: JACKDriver, _ engine: Engine, _ watch: RunWatch, _ report: LiveReport, _ follower: LiveWatch
  ) throws {
    let last = duration.map { Int64(($0 * Double(driver.rate)).rounded()) } ?? .max
    let outcome = Result { () throws(JACKError) in
      try driver.run(
        tick: {
          follower.look()
          report.tick(watch.update())
          if engine.realtime.position >= last { driver.control.stop() }
        }, report: { report.event($0) })
    }
    let figures = watch.freeze()
    engine.finishStream()
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
    if case .noServer = error {
      return "start one, or use --start-server for a private one without a sound card, or --input to read audio files"
    }
    if case .serverShutDown = error, options.startServer { return nil }
    return error.suggestion
  }
}

import GraphEngine
import GraphText
import JACKDriver
import NodeHost
import RunControl

/// A run of a graph as a JACK client, from its beginning to its end.
///
/// Thread: control, the main one.
public struct LiveRun {
  public struct Options: Sendable {
    /// Of the JACK client and of the run; nil: the graph's.
    public var name: String?
    /// Of the JACK server; nil: JACK's default.
    public var server: String?
    /// Starts a private server without a sound card, with this rate and period.
    public var privateServer: PrivateServer.Options?
    public var reconnects = false
    public var origin = JACKDriver.Options.Origin.firstCycle
    /// Seconds of sound; nil: until it is stopped.
    public var duration: Double?
    public var watch = GraphWatch.Options()
    /// What the nodes were measured to take; the driver's period counts.
    public var costs: NodeCosts?

    public init() {}
  }

  /// The state of the graph's nodes at the end.
  public struct End: Sendable {
    /// Name of the last graph.
    public var graph: String
    public var failedNodes: Set<String>
    /// Stretches of sound that were lost, and their frames.
    public var gaps: Int64
    public var lostFrames: Int64
  }

  let graph: Graph
  /// Where the graph comes from.
  let source: GraphSource
  let catalog: PluginCatalog
  let options: Options
  let reporter: any LiveRunReporter
  let tell: @Sendable (LiveEvent) -> Void
  let log: @Sendable (LogLevel, String, String) -> Void
  let makeTask: LiveTaskMaker?

  /// - Parameters:
  ///   - reporter: words the figures of the run.
  ///   - tell: words events. Any thread.
  ///   - log: receives messages of the engine and its nodes. Any thread.
  ///   - task: makes the task that runs before the whole graph, or instead of it.
  public init(
    graph: Graph, source: GraphSource, catalog: PluginCatalog, options: Options, reporter: any LiveRunReporter,
    tell: @escaping @Sendable (LiveEvent) -> Void, log: @escaping @Sendable (LogLevel, String, String) -> Void,
    task: LiveTaskMaker? = nil
  ) {
    self.graph = graph
    self.source = source
    self.catalog = catalog
    self.options = options
    self.reporter = reporter
    self.tell = tell
    self.log = log
    makeTask = task
  }

  /// - Throws: `ControlProblem`, `JACKError`, `DiagnosticsError`, `FileWatchError`, `LiveRunError`, and errors of
  ///   training.
  /// - Returns: nil if the run was stopped before a JACK server appeared.
  public func run() throws -> End? {
    // Before any other thread reads the environment.
    let service = ServiceReport()
    // There is nothing to reopen yet.
    let signals = SignalWatcher(hangup: {})
    let deadline = EndDeadline(tell)
    defer { deadline.isOver() }
    let name = options.name ?? graph.name
    // First of all, so that a second run of the same name is refused before it does anything.
    let control = try ControlServer(name: name)
    let privateServer = try startServer()
    defer { privateServer?.stop() }
    let server = privateServer?.name ?? options.server
    let wait = ServerWait(control, signals, name: name, tell: tell) { service.waitsForServer($0) }
    let driverOptions = JACKDriver.Options(
      name: name, server: server, origin: options.origin, reconnects: options.reconnects)
    guard let driver = try wait.driver(driverOptions) else {
      control.stop()
      return nil
    }
    let task = try makeTask?(driver.rate) { [control = driver.control] in control.wake() }
    let engine = try attach(driver, name: name, task, deadline, control)
    let loop = try LiveRunLoop(self, name: name, server: server, driver, engine, task, deadline, service)
    loop.handle(signals)
    if wait.end(with: loop.methods.handlers) { loop.stop() }
    defer { control.stop() }
    try loop.run()
    let statistics = engine.statistics
    return End(
      graph: engine.graph.name, failedNodes: engine.failedNodes, gaps: statistics.gaps,
      lostFrames: statistics.lostFrames)
  }

  private func attach(
    _ driver: JACKDriver, name: String, _ task: (any LiveTask)?, _ deadline: EndDeadline, _ control: ControlServer
  ) throws -> Engine {
    var engineOptions = EngineOptions()
    engineOptions.runName = name
    engineOptions.log = log
    engineOptions.passesOverLateNodes = true
    engineOptions.costs = options.costs
    engineOptions.costs?.period = driver.control.period
    let engine = try Engine(graph: task?.graph ?? graph, options: engineOptions)
    deadline.begin(engine) { control.stop() }
    try engine.prepare(rate: driver.rate)
    try driver.attach(engine)
    if let reason = lockMemory() { tell(.memoryNotLocked(reason: reason)) }
    return engine
  }

  private func startServer() throws(JACKError) -> PrivateServer? {
    guard let settings = options.privateServer else { return nil }
    let server = try PrivateServer(name: options.server ?? PrivateServer.uniqueName(), options: settings)
    tell(.startedServer(server.name))
    return server
  }
}

import CNodeABI
import CRealtime
import Glibc
import GraphCompiler
import GraphText
import NodeHost
import RealtimeCore
import Synchronization

/// Runs a graph: owns its nodes, its schedule and its workers.
///
/// The life of an engine: `init`, (`prepare`, cycles by a driver, `finishStream` or `stop`) any number of times. While
/// cycles run, `apply` changes the graph; see `Engine+Swap.swift`.
/// Thread: control, unless stated otherwise.
public final class Engine: @unchecked Sendable {
  /// The graph that runs, or will run.
  public internal(set) var graph: Graph
  public internal(set) var options: EngineOptions
  /// The engine whose sinks this one uses when its turn comes; nil: all sinks are its own. See `Engine+Ahead.swift`.
  let owner: Engine?
  /// The engines that use this one's sinks.
  let followers = Mutex<[Follower]>([])
  /// For an engine that has an owner: its sinks are active.
  let hasOpenSinks = Atomic<Bool>(false)
  /// The part of the engine that the driver's realtime thread may touch.
  public let realtime: RealtimeEngine
  let services: HostServices
  /// Watches for nodes that do not return from `process`.
  let stalls: StallWatch
  package var instances: [NodeInstance]
  /// Changed under `scheduleLock`, because a driver's thread may be waiting for its queues.
  var schedule: Schedule?
  let scheduleLock = Mutex<Void>(())
  var channels = ChannelTables()
  var pool: WorkerPool?
  let state: UnsafeMutablePointer<RealtimeState>
  /// The realtime thread is stuck in a node and may still use `state`, which is never freed.
  private var isStateAbandoned = false
  /// Generation of the graph that judges now. It only grows: a graph that `rollback` returns to gets a new one.
  public internal(set) var generation = 1
  /// The generation of each frame position's tokens.
  let generations = Generations()
  /// The latest generation given to any graph, also to one that never judged. No two graphs share one.
  var lastGeneration = 1
  /// Nodes quarantined since the engine was created.
  public internal(set) var failedNodes: Set<String> = []
  /// The first node without output in the stream that ended last; nil: there is none.
  public private(set) var nodeWithoutOutput: NodeWithoutOutput?
  /// Lets the driver add memory for new channels and release that of removed ones. Called before cycles need the new
  /// channels, and after the last cycle that needs the old ones. An error prevents the change.
  public var channelsChanged: () throws -> Void = {}

  /// Warnings about the graph at the rate that it was prepared or planned for. Each is given once.
  public internal(set) var warnings: [Diagnostic] = []
  /// Messages that are given once.
  var told: Set<String> = []
  /// The rate that the engine is prepared for, in frames per second.
  var rate = 0
  /// Schedules that the realtime thread has not yet handed back.
  var retiring: [Schedule] = []
  /// The swap in progress, and the last one.
  var swapRun: SwapRun?
  var lastSwap: SwapStatus?
  /// See `Engine+Taps.swift`.
  var taps: [Tap] = []
  /// Nodes whose instances were created with other values than the graph has now.
  var retuned: Set<String> = []
  /// The graph that `rollback` returns to: the one before the last change, or the one that the last `rollback` left.
  public internal(set) var previousGraph: Graph?
  private(set) var nodeNames: [String] = []
  /// Number of lost messages of the realtime thread that were already reported.
  var toldLost: Int64 = 0
  /// Of the driver's thread, without a deadline.
  var credit = RoomCredit()
  /// A thread is taking the nodes down.
  let isEnding = Atomic<Bool>(false)
  /// A swap is under way.
  let isChanging = Atomic<Bool>(false)

  /// Creates every node.
  ///
  /// - Throws: the errors of all nodes that can't be created, at their lines of the graph file.
  public convenience init(graph: Graph, options: EngineOptions = EngineOptions()) throws(DiagnosticsError) {
    try self.init(graph, options, owner: nil)
  }

  init(_ graph: Graph, _ options: EngineOptions, owner: Engine?) throws(DiagnosticsError) {
    self.graph = graph
    self.owner = owner
    self.options = options
    services = HostServices(runName: options.runName, isRehearsal: options.isRehearsal, log: options.log)
    services.graphHashes.set(graph.hash, of: generation)
    stalls = StallWatch(services.calls, services.failures, log: options.log)
    var outputs = OutputGuard(graph)
    outputs.protect(options.outputs)
    let problems = owner == nil ? outputs.problems(graph) : []
    guard problems.isEmpty else { throw DiagnosticsError(problems) }
    var instances: [NodeInstance] = []
    var diagnostics: [Diagnostic] = []
    for (index, node) in graph.nodes.enumerated() {
      if let owner, node.isSharedSink {
        instances.append(owner.instances[index])
        continue
      }
      do {
        instances.append(try NodeInstance(node, graph: graph.name, services: services))
      } catch {
        diagnostics.append(graph.diagnostic(NodeFailure(error), node: node))
      }
    }
    guard diagnostics.isEmpty else { throw DiagnosticsError(diagnostics) }
    self.instances = instances
    state = .allocate(capacity: 1)
    state.initialize(to: RealtimeState(generations: generations))
    realtime = RealtimeEngine(state: state)
  }

  deinit {
    stop()
    if isStateAbandoned { return }
    state.deinitialize(count: 1)
    state.deallocate()
    generations.deallocate()
  }

  // MARK: Life

  /// Negotiates formats for a driver rate, allocates, activates every node with a fresh state, and starts the workers.
  /// Frame positions begin at 0.
  ///
  /// - Throws: diagnostics at the lines of the graph file. Then nothing runs.
  public func prepare(rate: Int) throws(DiagnosticsError) { try prepare(rate: rate, known: KnownSinks()) }

  /// - Parameter known: sinks that are opened later.
  func prepare(rate: Int, known: KnownSinks) throws(DiagnosticsError) {
    stop()
    try remakeRetuned()
    let schedule = try compile(rate: rate, known: known)
    for warning in warnings where told.insert(warning.message).inserted { log(.warning, "", warning.message) }
    try activate(schedule.nodes.map(\.runtime).filter { owner == nil || !$0.node.isSharedSink })
    if owner != nil { shutSinks(schedule) }
    services.setRate(rate)
    services.beginNotices()
    self.rate = rate
    state.pointee.position.store(0, ordering: .relaxed)
    generations.begin(generation)
    schedule.connectWorkers()
    install(schedule)
    pool = WorkerPool(schedule.workers, threads: options.workerThreads)
    stalls.setPool(pool)
  }

  /// The schedule of the current graph, with nodes that are not active yet.
  func compile(rate: Int, known: KnownSinks) throws(DiagnosticsError) -> Schedule {
    var options = options
    options.known = known
    let draft = try Compiler.compile(graph: graph, instances: instances, rate: rate, options: options.compiler)
    warnings = draft.diagnostics
    let nodes = draft.linked(try draft.runtimes(generations: generations, number: nextNumber))
    channels = ChannelTables()
    takeChannels(of: nodes, in: graph)
    return Schedule(
      try ScheduleBuilder(
        nodes, of: graph, options: options, stalls: stalls, quantum: Compiler.quantum, rate: rate, channels: channels)
    )
  }

  private func remakeRetuned() throws(DiagnosticsError) {
    for (index, node) in graph.nodes.enumerated() where retuned.contains(node.name) {
      do {
        instances[index] = try NodeInstance(node, graph: graph.name, services: services)
      } catch {
        throw DiagnosticsError([graph.diagnostic(NodeFailure(error), node: node)])
      }
    }
    retuned = []
  }

  func nextNumber() -> Int32 {
    nodeNames.append("")
    return Int32(nodeNames.count - 1)
  }

  func takeChannels(of nodes: [LinkedRuntime], in graph: Graph) {
    for port in Engine.inputPorts(nodes, graph) { channels.inputs.set(port) }
    for port in Engine.outputPorts(nodes, graph) { channels.outputs.set(port) }
  }

  /// Activates the nodes. If one fails, takes the others down again.
  private func activate(_ runtimes: [NodeRuntime]) throws(DiagnosticsError) {
    let diagnostics = runtimes.compactMap { activate($0, of: graph) }
    guard diagnostics.isEmpty else {
      for runtime in runtimes { runtime.instance.deactivate() }
      throw DiagnosticsError(diagnostics)
    }
  }

  /// Activates a node of a graph.
  ///
  /// - Returns: its error, or nil.
  func activate(_ runtime: NodeRuntime, of graph: Graph) -> Diagnostic? {
    do {
      try runtime.instance.activate()
      return nil
    } catch {
      return graph.diagnostic(NodeFailure(error), node: runtime.node)
    }
  }

  /// Stores a schedule for the next cycle. The one before it comes back by message; at once if no cycle took it.
  func install(_ next: Schedule) {
    for node in next.nodes { nodeNames[Int(node.runtime.number)] = node.name }
    if let before = schedule { retiring.append(before) }
    scheduleLock.withLock { _ in schedule = next }
    credit = RoomCredit()
    let untaken = state.pointee.pending.exchange(next.realtime, ordering: .acquiringAndReleasing)
    if let untaken { retire(untaken) }
  }

  /// Retires a schedule that the realtime thread no longer uses.
  func retire(_ realtime: UnsafeMutablePointer<RealtimeSchedule>) { retiring.removeAll { $0.realtime == realtime } }

  /// Ends the stream as at the end of a file: nodes yield what they hold back, workers finish, nodes are deactivated.
  ///
  /// Thread: the driver's, which runs no cycle meanwhile.
  public func finishStream() {
    guard schedule != nil else { return }
    if !isRealtimeStuck {
      finishSwap()
      awaitRoom()
      realtime.cycle(DriverCycle(frames: 0, hasNoDeadline: true, isEnd: true))
      pool?.wait(
        until: { [self] in pool?.hasEnded ?? true },
        look: { [self] in
          swapRun?.advance()
          lookForLateNodes()
          return !services.calls.isOver
        })
      tellUnfinished()
    }
    stop()
  }

  private func tellUnfinished() {
    guard let schedule, services.calls.isOver, !(pool?.hasEnded ?? true) else { return }
    let names = schedule.workers.filter { !$0.hasEnded && !$0.isFinished }.map(\.name)
    let late = names.joined(separator: ", ")
    log(.warning, "", "the time limit for ending has passed: \(late) did not process all sound")
  }

  /// Lets the workers finish what they have, then deactivates every node. The driver must run no more cycles.
  public func stop() {
    guard let schedule, !isEnding.exchange(true, ordering: .acquiringAndReleasing) else { return }
    defer { isEnding.store(false, ordering: .releasing) }
    drain()
    takeDownWorkers(schedule)
    pool = nil
    service()
    for worker in schedule.workers where worker.hasFailed { failedNodes.insert(worker.name) }
    if !isRealtimeStuck {
      state.pointee.pending.store(nil, ordering: .relaxed)
      state.pointee.exchange.store(nil, ordering: .relaxed)
      state.pointee.schedule = nil
    }
    nodeWithoutOutput = schedule.nodeWithoutOutput
    if isRealtimeStuck {
      for schedule in retiring + [schedule] { AbandonedObjects.keep(schedule) }
      isStateAbandoned = true
    }
    takeDownNodes(schedule)
    awaitNodes(schedule)
    swapRun?.abandon()
    swapRun = nil
    retiring = []
    taps = []
    hasOpenSinks.store(false, ordering: .releasing)
    scheduleLock.withLock { _ in self.schedule = nil }
  }

  /// Waits until the workers have processed everything that they can. No cycle may run meanwhile.
  public func drain() {
    pool?.runUntilIdle { [self] in
      lookForLateNodes()
      return !services.calls.isOver
    }
  }

  // MARK: Drivers without a deadline

  /// The results have no deadline: over files, by hand. Then sinks wait for slow readers, and give up at a full disk.
  public var hasNoDeadline: Bool {
    get { services.hasNoDeadline.load(ordering: .relaxed) }
    set { services.hasNoDeadline.store(newValue, ordering: .relaxed) }
  }

  // MARK: Context of the records

  /// Sets the file that the driver reads from now on, for records; nil: none.
  public func setFile(_ name: String?) { services.setFile(name) }

  /// Says that the run is live and began at this time, in nanoseconds since the Unix epoch. Called before the first
  /// cycle. It never changes, so that ids of events stay.
  public func beginLive(at wall: Int64) { if services.liveSince == 0 { services.liveSince = wall } }

  /// When the live run began, in nanoseconds since the Unix epoch; 0: not live.
  public var liveSince: Int64 { services.liveSince }

  /// Sets the wall-clock time of position 0 of a recording; nil: it is not known, and records carry no time.
  public func setStart(_ wall: Int64?) { services.setStart(wall) }

  /// Ties a frame position to the wall clock. Call it about once a second. All times are in nanoseconds. If the wall
  /// clock jumps, its difference to the monotonic clock changes.
  public func anchor(position: Int64, wall: Int64, monotonic: Int64) {
    services.anchor(position: position, wall: wall, monotonic: monotonic)
  }
}

import CNodeABI
import CRealtime
import Foundation
import GraphText
import NodeHost
import RealtimeCore
import Synchronization

/// How an engine runs a graph.
public struct EngineOptions: Sendable {
  /// Threads for what may block; as many as there are processors by default. 0: the driver's thread does it all while it
  /// waits, which makes a run without a deadline single-threaded.
  public var workerThreads = ProcessInfo.processInfo.activeProcessorCount
  /// How long a worker may be away before tokens are dropped, in seconds of the stream ...
  public var queueSeconds = 4.0
  /// ... within this many bytes for each link.
  public var queueBytes = 32 << 20
  /// The most bytes that the graph may take; more is refused before any is taken.
  public var memory = MemoryLimit.standard
  /// A node that does not return from `process` is passed over: for runs that have a deadline. Without it everything waits,
  /// so that no result depends on time, and it is only told of.
  public var passesOverLateNodes = false
  /// What outputs must not be, beside what the graph itself reads.
  public var outputs = OutputGuard()
  /// Times every step, for `bench`.
  public var isMeasured = false
  /// Receives what nodes and engine have to say: level, node, text. Called on control and worker threads.
  public var log: @Sendable (LogLevel, String, String) -> Void = { _, _, _ in }

  public init() {}

  /// Quanta that a driver without a deadline may run between two waits.
  static let quantaPerWait = 8
}

/// A channel that the driver supplies or takes.
public struct ExternalPort: Sendable {
  public var node: String
  /// Channel of the node, from 0.
  public var channel: Int
  /// Channels of the node.
  public var channels: Int
  /// What the channel listens to.
  public var machine: String
  /// Names or patterns of ports to connect to.
  public var connect: [String]
  /// Outputs: driver frames from an input sample's arrival to its effect here; nil where no input leads here.
  public var delay: Int64?
}

/// Runs a graph: owns its nodes, its schedule, its workers.
///
/// The life of an engine: `init`, (`prepare`, cycles by a driver, `finishStream` or `stop`) any number of times. While
/// cycles run, `apply` changes the graph; see `Engine+Swap.swift`.
/// Thread: control, but for what says otherwise.
public final class Engine: @unchecked Sendable {
  /// What runs, or is about to.
  public internal(set) var graph: Graph
  public let options: EngineOptions
  /// What the driver's realtime thread may touch.
  public let realtime: RealtimeEngine
  let services: HostServices
  /// Looks for nodes that do not come back from `process`.
  let stalls: StallWatch
  var instances: [NodeInstance]
  /// Changed under `scheduleLock`, for a driver's thread may wait for its queues meanwhile.
  var schedule: Schedule?
  let scheduleLock = NSLock()
  var channels = ChannelTables()
  var pool: WorkerPool?
  let state: UnsafeMutablePointer<RealtimeState>
  /// Of the graph that judges now. Every graph has its own, also one that is returned to: it only ever grows.
  public internal(set) var generation = 1
  /// Which generation the tokens of a frame position are of.
  let generations = Generations()
  /// The latest that any graph was given, also one that never judged: no two share one.
  var lastGeneration = 1
  /// Nodes that were quarantined since the engine was made.
  public internal(set) var failedNodes: Set<String> = []
  /// Where the stream that ended last has dried up; nil: nowhere.
  public private(set) var dryNode: DryNode?
  /// The driver makes room for channels that came, and lets go of those that went. It is called before cycles may need
  /// them, and after the last that did. An error keeps the change from being made.
  public var channelsChanged: () throws -> Void = {}

  /// What is odd about the graph at the rate that it was prepared, or planned, for. Nobody is told twice.
  public internal(set) var warnings: [Diagnostic] = []
  private var told: Set<String> = []
  /// The rate that was prepared for.
  var rate = 0
  /// Schedules that the realtime thread has not handed back yet.
  var retiring: [Schedule] = []
  /// The swap that is going on, and the last that was.
  var swapRun: SwapRun?
  var lastSwap: SwapStatus?
  /// Nodes whose instances were made with other values than the graph has by now.
  var retuned: Set<String> = []
  /// What `rollback` returns to: the graph before the last change, or the one that was left by the last `rollback`.
  public internal(set) var previousGraph: Graph?
  private var nodeNames: [String] = []
  /// Of the realtime thread's messages that were lost, those that people know of.
  private var toldLost: Int64 = 0
  /// Some thread takes the nodes down.
  let isEnding = Atomic<Bool>(false)
  /// A swap is under way.
  let isChanging = Atomic<Bool>(false)

  /// Creates every node.
  ///
  /// - Throws: what every node that can't be created says, at its line of the graph file.
  public init(graph: Graph, options: EngineOptions = EngineOptions()) throws(DiagnosticsError) {
    self.graph = graph
    self.options = options
    services = HostServices(log: options.log)
    stalls = StallWatch(services.calls, log: options.log)
    var outputs = OutputGuard(graph)
    outputs.protect(options.outputs)
    let problems = outputs.problems(graph)
    guard problems.isEmpty else { throw DiagnosticsError(problems) }
    var instances: [NodeInstance] = []
    var diagnostics: [Diagnostic] = []
    for node in graph.nodes {
      do {
        instances.append(try NodeInstance(node, graph: graph.name, services: services))
      } catch {
        let failure = error as? NodeFailure ?? NodeFailure(text: "\(error)", parameter: nil)
        diagnostics.append(graph.diagnostic(failure, node: node))
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
    state.deinitialize(count: 1)
    state.deallocate()
    generations.deallocate()
  }

  // MARK: Life

  /// Negotiates formats for a driver rate, allocates, activates every node with a fresh state, and starts the workers.
  /// Frame positions begin at 0.
  ///
  /// - Throws: diagnostics at the lines of the graph file. Nothing runs then.
  public func prepare(rate: Int) throws(DiagnosticsError) {
    stop()
    try remakeRetuned()
    let schedule = try compile(rate: rate)
    for warning in warnings where told.insert(warning.message).inserted { log(.warning, "", warning.message) }
    try activate(schedule.nodes.map(\.runtime))
    services.setRate(rate)
    services.notices.begin()
    self.rate = rate
    state.pointee.position.store(0, ordering: .relaxed)
    generations.begin(generation)
    schedule.connectWorkers()
    install(schedule)
    pool = WorkerPool(schedule.workers, threads: options.workerThreads)
    stalls.setPool(pool)
  }

  /// The schedule of the graph as it is, of nodes that are not active yet.
  func compile(rate: Int) throws(DiagnosticsError) -> Schedule {
    let draft = try Compiler.negotiated(graph: graph, instances: instances, rate: rate, options: options)
    warnings = draft.diagnostics
    let nodes = Compiler.linkedRuntimes(
      draft, try Compiler.runtimes(draft, generations: generations, number: nextNumber))
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
        let failure = error as? NodeFailure ?? NodeFailure(text: "\(error)", parameter: nil)
        throw DiagnosticsError([graph.diagnostic(failure, node: node)])
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

  /// Allocates in the nodes; one that fails takes the others back down.
  private func activate(_ runtimes: [NodeRuntime]) throws(DiagnosticsError) {
    var diagnostics: [Diagnostic] = []
    for runtime in runtimes {
      do {
        try runtime.instance.activate()
      } catch {
        let failure = error as? NodeFailure ?? NodeFailure(text: "\(error)", parameter: nil)
        diagnostics.append(graph.diagnostic(failure, node: runtime.node))
      }
    }
    guard diagnostics.isEmpty else {
      for runtime in runtimes { runtime.instance.deactivate() }
      throw DiagnosticsError(diagnostics)
    }
  }

  /// Lays a schedule ready for the next cycle. The one before it comes back by message; one that no cycle has taken has
  /// come back already.
  func install(_ next: Schedule) {
    for node in next.nodes { nodeNames[Int(node.runtime.number)] = node.name }
    if let before = schedule { retiring.append(before) }
    scheduleLock.withLock { schedule = next }
    let untaken = state.pointee.pending.exchange(next.realtime, ordering: .acquiringAndReleasing)
    if let untaken { retire(untaken) }
  }

  /// A schedule that the realtime thread will not look at again.
  func retire(_ realtime: UnsafeMutablePointer<RealtimeSchedule>) { retiring.removeAll { $0.realtime == realtime } }

  /// Ends the stream as at the end of a file: every node yields what it holds back, workers finish, nodes are deactivated.
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
    log(.warning, "", "the time to end is over: \(names.joined(separator: ", ")) did not process all sound")
  }

  /// Lets workers finish what they have, then deactivates every node. The driver runs no cycle any more.
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
    dryNode = schedule.dryNode
    if isRealtimeStuck { for node in schedule.nodes { AbandonedObjects.keep(node.runtime) } }
    for node in schedule.nodes { takeDown(node.runtime) }
    awaitNodes(schedule)
    swapRun?.abandon()
    swapRun = nil
    retiring = []
    scheduleLock.withLock { self.schedule = nil }
  }

  /// Waits until the workers have consumed everything that they can of what was pushed. No cycle may run meanwhile.
  public func drain() {
    pool?.runUntilIdle { [self] in
      lookForLateNodes()
      return !services.calls.isOver
    }
  }

  // MARK: Drivers without a deadline

  /// Nobody waits for the results: files, by hand. Sinks then wait for a slow reader, and give up at a full disk.
  public var hasNoDeadline: Bool {
    get { services.hasNoDeadline.load(ordering: .relaxed) }
    set { services.hasNoDeadline.store(newValue, ordering: .relaxed) }
  }

  /// Waits until every ring that the realtime thread feeds has room for a cycle of up to `quantaPerWait` quanta, and
  /// helps the workers meanwhile. Thread: the driver's, between cycles.
  public func awaitRoom() {
    guard let schedule = scheduleLock.withLock({ schedule }), let pool else { return }
    pool.nudge()
    for link in schedule.realtimeLinks where !link.producer.pointee.isLossy {
      let bytes = EngineOptions.quantaPerWait * link.producer.pointee.mostBytes
      if link.ring.pointee.hasRoom(for: bytes) { continue }
      pool.wait(
        until: { link.ring.pointee.hasRoom(for: bytes) || link.ring.pointee.isOverdue },
        look: { [self] in
          lookForLateNodes()
          return !services.calls.isOver
        })
    }
  }

  /// The most frames that one cycle without a deadline may have.
  public static var mostFramesWithoutDeadline: Int { EngineOptions.quantaPerWait * Compiler.quantum }

  // MARK: Context of the records

  /// The file that the driver reads from now on, for records; nil for none.
  public func setFile(_ name: String?) { services.setFile(name) }

  /// Ties a frame position to the wall clock; call it about once a second. A step of the wall clock shows as a change of
  /// its difference to the monotonic clock. All in nanoseconds.
  public func anchor(position: Int64, wall: Int64, monotonic: Int64) {
    services.anchor(position: position, wall: wall, monotonic: monotonic)
  }

  // MARK: Messages

  /// Words what the realtime thread has to say. Call it a few times a second.
  public func service() {
    lookForLateNodes()
    let missed = services.notices.takeLost()
    if missed > 0 { log(.error, "", "\(missed) notices were not recorded: a sink fetches them too seldom") }
    while let message = state.pointee.messages.pop() {
      switch message.kind {
      case .gap:
        let reason = message.pointer.map { " " + String(cString: $0.assumingMemoryBound(to: CChar.self)) } ?? ""
        log(.warning, "", "lost \(message.second - message.first) frames at frame position \(message.first)\(reason)")
      case .dropBegan:
        log(.warning, name(message), "its queue is full: dropping tokens from frame position \(message.first) on")
      case .dropEnded:
        log(.warning, name(message), "dropped \(message.second) tokens up to frame position \(message.first)")
      case .nodeFailed:
        let reason = message.pointer.map { String(cString: $0.assumingMemoryBound(to: CChar.self)) }
        nodeFailed(name(message), reason ?? "failed without saying why")
      case .scheduleRetired:
        if let pointer = message.pointer {
          retire(UnsafeMutableRawPointer(mutating: pointer).assumingMemoryBound(to: RealtimeSchedule.self))
        }
      }
    }
    tellOfLostMessages()
    swapRun?.advance()
  }

  /// What the realtime thread had to say while nobody listened: `Statistics` counts it all the same.
  private func tellOfLostMessages() {
    let lost = state.pointee.messages.lost
    guard lost > toldLost else { return }
    log(
      .error, "",
      "\(lost - toldLost) messages about gaps, dropped tokens or failed nodes came too fast and were lost; the statistics "
        + "count these events all the same")
    toldLost = lost
    for node in statistics.nodes where node.hasFailed && !failedNodes.contains(node.name) {
      nodeFailed(node.name, "failed; the message that gives the reason was lost")
    }
  }

  private func name(_ message: RealtimeMessage) -> String {
    message.node >= 0 ? nodeNames[Int(message.node)] : ""
  }

  func nodeFailed(_ node: String, _ reason: String) {
    failedNodes.insert(node)
    log(.error, node, "\(reason); the node is quarantined, the graph runs on")
  }

  func log(_ level: LogLevel, _ node: String, _ text: String) { options.log(level, node, text) }
}

extension Graph {
  /// A node's own complaint, at the parameter at fault or at the node.
  func diagnostic(_ failure: NodeFailure, node: Graph.Node) -> Diagnostic {
    let location = failure.parameter.flatMap { node.argument($0)?.location } ?? node.location
    return diagnostic(
      code: "node", message: "node '\(node.name)' (\(node.nodeClass.name)): \(failure.text)", at: location)
  }
}

import GraphCompiler
import GraphText
import NodeHost
import Synchronization

/// An engine that runs ahead of another one, its owner: it has the same graph, nodes of its own, and the owner's sinks.
/// It processes a stream while the owner or another follower still writes an earlier one. The results for the sinks
/// wait in their queues until `openSinks`. So every sink gets the streams one after the other, in their order, as from a
/// single engine.
///
/// The life of a follower: `init(aheadOf:)`, (`prepareAhead`, cycles, `openSinks`, cycles, `finishStream`) any number of
/// times; `stop` gives up a stream whose sinks were not opened.
extension Engine {
  /// A follower, referenced by its owner.
  struct Follower: Sendable {
    weak var engine: Engine?
  }

  /// Whether streams of this graph can be processed ahead of their turn: only sinks that run on workers write.
  public static func canRunAhead(_ graph: Graph) -> Bool {
    graph.nodes.allSatisfy { $0.isSharedSink || $0.paths(.outputPath).isEmpty }
  }

  /// - Parameters:
  ///   - owner: its graph stays the same while it has followers, and it runs nothing while a follower's sinks are open.
  ///   - log: receives messages of the nodes, except those of sinks, which the owner gets.
  public convenience init(
    aheadOf owner: Engine, log: @escaping @Sendable (LogLevel, String, String) -> Void
  ) throws(DiagnosticsError) {
    var options = owner.options
    // Each follower has a thread of its own, which loses nothing by a switch to another one.
    options.workerThreads = 0
    options.log = log
    try self.init(owner.graph, options, owner: owner)
    owner.followers.withLock { followers in
      followers.removeAll { $0.engine == nil }
      followers.append(Follower(engine: self))
    }
  }

  /// What followers need to know of their owner's sinks at one rate.
  public struct SinkFormats: Sendable {
    let rate: Int
    let known: KnownSinks
    /// Bytes that a follower takes, about.
    public let memory: Int
  }

  /// Asks the nodes for their formats, as `prepare` does, also the owner's sinks: none of them may be active.
  ///
  /// - Throws: as `prepare`, for any node of the graph.
  public func sinkFormats(rate: Int) throws(DiagnosticsError) -> SinkFormats {
    stop()
    let draft = try Compiler.compile(graph: graph, instances: instances, rate: rate, options: options.compiler)
    var known = KnownSinks()
    for (index, node) in graph.nodes.enumerated() where node.isSharedSink {
      known.configurations[node.name] = draft.configurations[index]
    }
    return SinkFormats(rate: rate, known: known, memory: draft.sizes.reduce(0) { $0 + $1.total })
  }

  /// Prepares a follower like `prepare`, but leaves the sinks alone.
  ///
  /// - Parameters:
  ///   - formats: of this engine, or of another follower of its owner.
  ///   - seconds: the length of the stream, as far as known; the queues of the sinks hold so much if possible.
  public func prepareAhead(_ formats: SinkFormats, seconds: Double) throws(DiagnosticsError) {
    var known = formats.known
    known.seconds = seconds
    try prepare(rate: formats.rate, known: known)
  }

  /// Runs the workers' nodes on this thread as far as they get without more input. Thread: the driver's.
  public func catchUp(while mayContinue: () -> Bool) {
    guard let pool else { return }
    while mayContinue(), pool.runOnce() {}
  }

  /// Opens the sinks of a prepared follower: its turn has come. Its driver may run cycles meanwhile.
  ///
  /// - Parameter file: of this stream, for records.
  /// - Throws: the diagnostics of sinks that can't be opened. All are closed then.
  public func openSinks(file: String?) throws(DiagnosticsError) {
    guard let owner, let schedule = scheduleLock.withLock({ _ in schedule }) else { return }
    owner.services.setRate(rate)
    owner.services.setFile(file)
    owner.services.beginNotices()
    owner.services.hasNoDeadline.store(true, ordering: .relaxed)
    let sinks = schedule.nodes.filter { $0.runtime.node.isSharedSink }
    let diagnostics = sinks.compactMap { open($0) }
    guard diagnostics.isEmpty else {
      for sink in sinks { sink.runtime.instance.deactivate() }
      throw DiagnosticsError(diagnostics)
    }
    hasOpenSinks.store(true, ordering: .releasing)
    for sink in sinks { sink.runtime.worker?.isShut.store(false, ordering: .releasing) }
  }

  private func open(_ sink: LinkedRuntime) -> Diagnostic? {
    do {
      try sink.runtime.configureAgain(sink, rate: rate, memory: options.memory.bytes)
    } catch {
      return graph.diagnostic(NodeFailure(error), node: sink.runtime.node)
    }
    return activate(sink.runtime, of: graph)
  }

  /// Keeps the sinks of a follower from running.
  func shutSinks(_ schedule: Schedule) {
    for node in schedule.nodes where node.runtime.node.isSharedSink {
      node.runtime.worker?.isShut.store(true, ordering: .releasing)
    }
  }

  /// Whether this engine may take a node down: not a sink that it has not opened.
  func owns(_ runtime: NodeRuntime) -> Bool {
    owner == nil || !runtime.node.isSharedSink || hasOpenSinks.load(ordering: .acquiring)
  }

  /// This engine and those that use its sinks.
  var withFollowers: [Engine] { [self] + followers.withLock { $0.compactMap(\.engine) } }
}

extension Graph.Node {
  /// A sink that runs on workers, whatever the graph says.
  var isSharedSink: Bool { nodeClass.traits.contains(.sink) && nodeClass.outputs.isEmpty && !nodeClass.isHard }
}

import FoundationEssentials
import Glibc
import GraphCompiler

/// How an engine runs a graph.
public struct EngineOptions: Sendable {
  /// Threads for nodes that may block; by default one per processor. 0: the driver's thread runs them while it waits,
  /// so that a run without a deadline is single-threaded.
  public var workerThreads = ProcessInfo.processInfo.activeProcessorCount
  /// Seconds of the stream that a worker may be away before its queue drops tokens.
  public var queueSeconds = 4.0
  /// The most bytes of each queue.
  public var queueBytes = 32 << 20
  /// The most bytes that the graph may use. A graph that needs more is refused before any are allocated.
  public var memory = MemoryLimit.standard
  /// Passes over a node that does not return from `process`: for runs with a deadline. Otherwise everything waits for
  /// it and it is only reported, so that no result depends on time.
  public var passesOverLateNodes = false
  /// What outputs must not replace, besides the files that the graph reads.
  public var outputs = OutputGuard()
  /// Name of the run, for outputs that serve several runs; nil: the graph's.
  public var runName: String?
  /// The run's outputs are thrown away: sinks write to their paths only.
  public var isRehearsal = false
  /// What the nodes were measured to take, for their places; nil: they are placed by their classes alone.
  public var costs: NodeCosts?
  /// Measures the time of every step, for `bench`.
  public var isMeasured = false
  /// Receives messages of the nodes and the engine: level, node, text. Called on control and worker threads.
  public var log: @Sendable (LogLevel, String, String) -> Void = { _, _, _ in }

  /// For an engine that runs ahead.
  package var known = KnownSinks()

  public init() {}

  /// The compiler's limits.
  package var compiler: CompilerOptions {
    var result = CompilerOptions()
    result.memory = memory
    result.queues.seconds = queueSeconds
    result.queues.bytes = queueBytes
    result.known = known
    result.costs = costs
    return result
  }
}

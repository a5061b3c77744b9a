import NodeLife

/// What the compiler keeps to.
package struct CompilerOptions: Sendable {
  /// The most bytes that the graph may take; more is refused before any is taken.
  package var memory = MemoryLimit.standard
  package var queues = QueueLimits()
  /// Sinks that another engine may be using, and that are therefore not configured now.
  package var known = KnownSinks()

  /// What the nodes were measured to take; nil: they are placed by their classes alone.
  package var costs: NodeCosts?

  package init() {}

  /// The limits of queues to a node.
  package func queues(to node: String) -> QueueLimits {
    guard known.configurations[node] != nil else { return queues }
    var result = queues
    result.seconds = max(result.seconds, known.seconds)
    return result
  }
}

/// Sinks whose answer to `configure` is known: an engine that runs ahead opens them only when its turn comes.
package struct KnownSinks: @unchecked Sendable {
  /// By the sink's name.
  package var configurations: [String: Configuration] = [:]
  /// Seconds of the stream that their queues hold: they are not emptied before the turn.
  package var seconds = 0.0

  package init() {}
}

/// How much a queue between two threads may hold.
package struct QueueLimits: Sendable {
  /// How long a worker may be away before tokens are dropped, in seconds of the stream.
  package var seconds = 4.0
  /// The most bytes of one link's queue, unless one call needs more.
  package var bytes = 32 << 20

  package init() {}
}

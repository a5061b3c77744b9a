import NodeLife

/// What the compiler keeps to.
package struct CompilerOptions: Sendable {
  /// The most bytes that the graph may take; more is refused before any is taken.
  package var memory = MemoryLimit.standard
  package var queues = QueueLimits()

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

import GraphEngine

/// Where the graph that runs comes from, the graph before it, and the one that a swap is bringing in.
///
/// Thread: control.
struct GraphHistory {
  /// What the graph that runs comes from.
  private(set) var source: GraphSource
  /// The graph that `rollback` returns to.
  private(set) var previous: (source: GraphSource, graph: Graph)?
  /// Of a swap that is under way: what the new graph comes from, and the graph that it replaces.
  private var incoming: (source: GraphSource, replaced: Graph)?

  init(_ source: GraphSource) { self.source = source }

  /// The graph that the swap under way replaces.
  var replaced: Graph? { incoming?.replaced }

  /// A swap begins.
  mutating func begin(_ source: GraphSource, replacing graph: Graph) { incoming = (source, graph) }

  /// The swap could not begin.
  mutating func cancel() { incoming = nil }

  /// Takes over what runs now, once the swap is over.
  mutating func settle(_ engine: Engine) {
    guard let incoming, !engine.isSwapping else { return }
    if let status = engine.swapStatus, status.stage == .done {
      if !status.plan.isEmpty { previous = (source, incoming.replaced) }
      source = incoming.source
    } else if engine.swapStatus?.canBeReturnedTo ?? false, let left = engine.previousGraph {
      previous = (incoming.source, left)
    }
    self.incoming = nil
  }
}

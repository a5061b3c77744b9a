import GraphEngine

/// The sources of the running graph, of the previous one, and of the new one during a swap.
///
/// Thread: control.
struct GraphHistory {
  /// Where the running graph comes from.
  private(set) var source: GraphSource
  /// The graph that `rollback` returns to.
  private(set) var previous: (source: GraphSource, graph: Graph)?
  /// During a swap: where the new graph comes from, and the graph that it replaces.
  private var incoming: (source: GraphSource, replaced: Graph, isReturn: Bool)?

  init(_ source: GraphSource) { self.source = source }

  /// The graph that the active swap replaces.
  var replaced: Graph? { incoming?.replaced }

  /// A swap begins.
  ///
  /// - Parameter isReturn: failed nodes are renewed, and the graph stays the same.
  mutating func begin(_ source: GraphSource, replacing graph: Graph, isReturn: Bool = false) {
    incoming = (source, graph, isReturn)
  }

  /// The swap could not begin.
  mutating func cancel() { incoming = nil }

  /// Writes a text into the file of the graph that judges, and keeps in mind that it is there.
  ///
  /// - Parameter report: called with why it was not written, and with the file's path.
  mutating func save(_ text: String, report: (String?, String) -> Void) {
    var next = incoming?.source ?? source
    let problem = next.save(text)
    if incoming == nil { source = next } else { incoming?.source = next }
    report(problem, next.wholePath)
  }

  /// Records the running graph, once the swap is over.
  mutating func update(_ engine: Engine) {
    guard let incoming, !engine.isSwapping else { return }
    if let status = engine.swapStatus, status.stage == .done {
      if !status.plan.isEmpty, !incoming.isReturn { previous = (source, incoming.replaced) }
      source = incoming.source
    } else if engine.swapStatus?.canBeReturnedTo ?? false, let left = engine.previousGraph {
      previous = (incoming.source, left)
    }
    self.incoming = nil
  }
}

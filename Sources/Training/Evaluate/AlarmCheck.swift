import GraphEngine

/// Which recordings make a graph raise an alarm, with a given model of its detector.
public struct AlarmCheck {
  private let graph: Graph
  private let node: String
  private let callbacks: WorkCallbacks

  public init(_ graph: Graph, node: String, callbacks: WorkCallbacks) {
    self.graph = graph
    self.node = node
    self.callbacks = callbacks
  }

  /// Indices of the recordings that raise an alarm after the detector; where no alarm follows it, of those with a score
  /// above the threshold.
  ///
  /// - Throws: `TrainingError`, `DiagnosticsError`, `Interrupted`
  public func raising(_ recordings: [Recording], model: String, what: String) throws -> Set<Int> {
    let judged = JudgedRun(graph, node: node, model: model, callbacks: callbacks)
    let hasAlarm = !graph.alarms(after: node).isEmpty
    var raising: Set<Int> = []
    try judged.run(recordings, what: what) { index, _, tokens, machine, events in
      let isRaised =
        hasAlarm
        ? !AlarmSpan.spans(events, recording: index, machine: machine).isEmpty
        : tokens.contains { $0.score.map { $0.value > $0.threshold } ?? false }
      if isRaised { raising.insert(index) }
    }
    return raising
  }
}

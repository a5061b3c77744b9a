import GraphText

/// Turns a graph into an immutable schedule by named passes.
package struct Compiler {
  /// The most driver frames that one call of `process` covers; longer cycles are cut.
  package static let quantum = 1024
  /// Quanta that a driver without a deadline may run between two waits.
  package static let quantaPerWait = 8

  /// From links by name to what every node will take. None takes memory; `negotiate` creates and configures nodes, the
  /// others touch nothing but the draft.
  static var passes: [(inout ScheduleDraft) -> Void] {
    [resolve, order, negotiate, checkPlacement, capacities, sizes, hearing]
  }

  /// Runs the passes: what `check` looks at. With a running graph, nodes that nothing changes for are kept.
  ///
  /// Thread: control. Errors carry the diagnostics of the first pass that found any.
  package static func negotiated(
    graph: Graph, instances: [NodeInstance?], running: RunningGraph? = nil, placesNewOnWorkers: Bool = false,
    rate: Int, options: CompilerOptions
  ) throws(DiagnosticsError) -> ScheduleDraft {
    var draft = ScheduleDraft(
      graph: graph, instances: instances, running: running, placesNewOnWorkers: placesNewOnWorkers, rate: rate,
      quantum: quantum, options: options)
    for pass in passes {
      pass(&draft)
      if draft.diagnostics.contains(where: { $0.severity == .error }) {
        throw DiagnosticsError(draft.diagnostics)
      }
    }
    return draft
  }
}

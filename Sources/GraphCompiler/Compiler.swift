import GraphText

/// Turns a graph into the draft of a schedule by named passes.
package struct Compiler {
  /// The most driver frames that one call of `process` covers. Longer cycles are cut.
  package static let quantum = 1024
  /// Quanta that a driver without a deadline may run between two waits.
  package static let quantaPerWait = 8

  /// From links by name to the memory that every node needs. No pass allocates this memory. `negotiate` creates and
  /// configures nodes; the other passes change only the draft.
  static var passes: [(inout ScheduleDraft) -> Void] {
    [resolve, order, negotiate, checkPlacement, warnOfLoads, capacities, sizes, topFrequencies]
  }

  /// Runs the passes; `check` does no more. With a running graph, keeps nodes for which nothing changes.
  ///
  /// Thread: control. Throws the diagnostics of the first pass that finds errors.
  package static func compile(
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

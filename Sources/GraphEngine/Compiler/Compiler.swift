import GraphText

/// Turns a graph into an immutable schedule by named passes.
struct Compiler {
  /// The most driver frames that one call of `process` covers; longer cycles are cut.
  static let quantum = 1024

  /// Configures every node for a driver rate and lays out the schedule. Nothing runs yet; nodes are activated.
  ///
  /// Thread: control, while no schedule of these instances runs. Errors carry the diagnostics of the first pass that
  /// found any.
  static func compile(
    graph: Graph, instances: [NodeInstance], rate: Int, options: EngineOptions
  ) throws(DiagnosticsError) -> Schedule {
    let draft = try negotiated(graph: graph, instances: instances, rate: rate)
    return try activate(buffers(draft, options: options))
  }

  /// The passes that need no memory: what `check` looks at.
  static func negotiated(
    graph: Graph, instances: [NodeInstance], rate: Int
  ) throws(DiagnosticsError) -> ScheduleDraft {
    var draft = ScheduleDraft(graph: graph, instances: instances, rate: rate, quantum: quantum)
    for pass in [resolve, order, negotiate, place, capacities] {
      pass(&draft)
      if draft.diagnostics.contains(where: { $0.severity == .error }) {
        throw DiagnosticsError(draft.diagnostics)
      }
    }
    return draft
  }

  /// Allocates and activates; a node that fails takes the others back down.
  private static func activate(_ schedule: Schedule) throws(DiagnosticsError) -> Schedule {
    var draft = schedule.draft
    for index in draft.order {
      do {
        try draft.instances[index].activate()
      } catch {
        draft.error(error as? NodeFailure ?? NodeFailure(text: "\(error)", parameter: nil), node: index)
      }
    }
    guard draft.diagnostics.isEmpty else {
      for instance in draft.instances { instance.deactivate() }
      throw DiagnosticsError(draft.diagnostics)
    }
    return schedule
  }
}

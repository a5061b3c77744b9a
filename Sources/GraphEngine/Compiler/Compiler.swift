import GraphText

/// Turns a graph into an immutable schedule by named passes.
struct Compiler {
  /// The most driver frames that one call of `process` covers. Longer cycles are cut.
  static let quantum = 1024

  /// From links by name to the memory that every node needs. No pass allocates this memory. `negotiate` creates and
  /// configures nodes; the other passes change only the draft.
  static var passes: [(inout ScheduleDraft) -> Void] {
    [resolve, order, negotiate, checkPlacement, capacities, sizes, hearing]
  }

  /// Runs the passes; `check` does no more. With a running graph, keeps nodes for which nothing changes.
  ///
  /// Thread: control. Throws the diagnostics of the first pass that finds errors.
  static func negotiated(
    graph: Graph, instances: [NodeInstance?], running: RunningGraph? = nil, placesNewOnWorkers: Bool = false,
    rate: Int, options: EngineOptions
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

  /// Allocates blocks and states for every node that is not kept. Kept nodes keep theirs.
  ///
  /// - Parameter number: gives each new runtime its number.
  /// - Returns: the runtime of each node of the graph.
  /// - Throws: a diagnostic at the node for which there is not enough memory.
  static func runtimes(
    _ draft: ScheduleDraft, generations: Generations, number: () -> Int32
  ) throws(DiagnosticsError) -> [NodeRuntime] {
    var result: [NodeRuntime?] = draft.kept
    for index in draft.order where result[index] == nil {
      let sources = draft.incoming[index].map { result[$0.from]!.blocks[$0.output] }
      do {
        result[index] = try NodeRuntime(
          number: number(), draft, node: index, generations: generations, sources: sources,
          isWatched: draft.running != nil)
      } catch {
        throw DiagnosticsError([draft.graph.diagnostic(error, node: draft.graph.nodes[index])])
      }
    }
    return result.map { $0! }
  }

  /// The nodes as they run without a swap.
  static func linkedRuntimes(_ draft: ScheduleDraft, _ runtimes: [NodeRuntime]) -> [LinkedRuntime] {
    draft.order.map { index in
      LinkedRuntime(
        runtime: runtimes[index],
        inputs: draft.incoming[index].map {
          LinkedRuntime.Input(port: $0.input, from: LinkedRuntime.Feed(runtime: runtimes[$0.from], output: $0.output))
        })
    }
  }
}

import CNodeABI
import GraphCompiler
import GraphText
import RealtimeCore

/// What `check`, `status` and `bench` show of one node.
public struct NodeDescription: Sendable {
  public struct Port: Sendable {
    public var name: String
    /// "features, 1 channel x 128 bands, 31.25/s".
    public var format: String
    /// The most tokens that one call can yield.
    public var capacity: Int
  }
  public var name: String
  public var className: String
  /// "realtime" or "worker".
  public var placement: String
  /// Why it runs there; empty where only `check` tells it.
  public var reason = ""
  /// What it takes at most of a cycle, as measured; nil: it was not.
  public var load: NodeCosts.Load?
  public var outputs: [Port]
  /// In driver frames: of this node alone, and of the whole path including it.
  public var latency: Int64
  public var pathLatency: Int64
  /// Driver frames of input that a fresh instance needs before its first valid token.
  public var history: Int64
  /// Bytes of its blocks, queues and its own state.
  public var memory: Int
}

extension Engine {
  /// Formats, placement, latency and memory of every node, in the order they run in. Prepared engines only.
  public func describe() -> [NodeDescription] { schedule.map { Engine.describe($0) } ?? [] }

  /// The result that `describe` would have after `prepare`, for `check`. Activates no node, opens no file, runs
  /// nothing, and allocates no memory for a run.
  ///
  /// - Throws: diagnostics at the lines of the graph file.
  public func check(rate: Int) throws(DiagnosticsError) -> [NodeDescription] {
    stop()
    let draft = try Compiler.compile(graph: graph, instances: instances, rate: rate, options: options.compiler)
    warnings = draft.diagnostics
    var path = [Int64](repeating: 0, count: graph.nodes.count)
    return draft.order.map { index in
      let before = draft.incoming[index].map { path[$0.from] }.max() ?? 0
      let configuration = draft.configurations[index]!
      path[index] = before + configuration.latency
      var node = Engine.describe(
        graph.nodes[index], configuration, draft.placement[index], draft.capacities[index], path: path[index],
        memory: draft.sizes[index].total)
      node.reason = draft.placementReasons[index].words
      node.load = draft.loads[index]
      return node
    }
  }

  private static func describe(_ schedule: Schedule) -> [NodeDescription] {
    let paths = schedule.pathLatencies
    return schedule.graphNodes.map { node in
      let runtime = node.runtime
      return describe(
        runtime.node, runtime.configuration, runtime.placement, runtime.capacities, path: paths[runtime.number]!,
        memory: schedule.memory(runtime))
    }
  }

  private static func describe(
    _ node: Graph.Node, _ configuration: Configuration, _ placement: ScheduleDraft.Placement, _ capacities: [Int],
    path: Int64, memory: Int
  ) -> NodeDescription {
    NodeDescription(
      name: node.name, className: node.nodeClass.name, placement: placement.rawValue,
      outputs: configuration.outputs.indices.map { output in
        NodeDescription.Port(
          name: node.nodeClass.outputs[output].name,
          format: GraphCompiler.describe(configuration.outputs[output].format), capacity: capacities[output])
      }, latency: configuration.latency, pathLatency: path, history: configuration.history, memory: memory)
  }
}

extension Schedule {
  /// Driver frames of latency of each node's whole path, by the number of its runtime.
  var pathLatencies: [Int32: Int64] {
    var paths: [Int32: Int64] = [:]
    for node in graphNodes {
      let before = node.inputs.compactMap { ($0.from ?? $0.other).flatMap { paths[$0.runtime.number] } }.max() ?? 0
      paths[node.runtime.number] = before + node.runtime.configuration.latency
    }
    return paths
  }
}

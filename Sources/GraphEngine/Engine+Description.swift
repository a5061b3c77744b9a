import CNodeABI
import GraphText
import RealtimeCore

/// What `check`, `status` and `bench` tell of one node.
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
  public var outputs: [Port]
  /// Driver frames, of this node alone, and of the whole path up to and including it.
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

  /// What `describe` would say after `prepare`, for `check`: nothing is activated, so no file is opened and nothing runs.
  ///
  /// - Throws: diagnostics at the lines of the graph file.
  public func plan(rate: Int) throws(DiagnosticsError) -> [NodeDescription] {
    stop()
    return Engine.describe(try compile(rate: rate))
  }

  private static func describe(_ schedule: Schedule) -> [NodeDescription] {
    var path: [Int32: Int64] = [:]
    return schedule.nodes.map { node in
      let runtime = node.runtime
      let configuration = runtime.configuration
      let before = node.inputs.compactMap { ($0.from ?? $0.other).flatMap { path[$0.runtime.number] } }.max() ?? 0
      path[runtime.number] = before + configuration.latency
      let nodeClass = runtime.node.nodeClass
      return NodeDescription(
        name: node.name, className: nodeClass.name, placement: runtime.placement.rawValue,
        outputs: configuration.outputs.indices.map { output in
          NodeDescription.Port(
            name: nodeClass.outputs[output].name, format: GraphEngine.describe(configuration.outputs[output].format),
            capacity: runtime.capacities[output])
        }, latency: configuration.latency, pathLatency: path[runtime.number]!, history: configuration.history,
        memory: schedule.memory(runtime) + configuration.memory)
    }
  }
}

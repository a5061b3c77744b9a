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
    let draft = try Compiler.negotiated(graph: graph, instances: instances, rate: rate)
    return Engine.describe(Compiler.buffers(draft, options: options))
  }

  private static func describe(_ schedule: Schedule) -> [NodeDescription] {
    let draft = schedule.draft
    var path: [Int: Int64] = [:]
    return draft.order.map { index in
      let configuration = draft.configurations[index]!
      let before = draft.incoming[index].map { path[$0.from] ?? 0 }.max() ?? 0
      path[index] = before + configuration.latency
      let nodeClass = draft.graph.nodes[index].nodeClass
      return NodeDescription(
        name: draft.graph.nodes[index].name, className: nodeClass.name,
        placement: draft.placement[index].rawValue,
        outputs: configuration.outputs.indices.map { output in
          NodeDescription.Port(
            name: nodeClass.outputs[output].name, format: GraphEngine.describe(configuration.outputs[output].format),
            capacity: draft.capacities[index][output])
        }, latency: configuration.latency, pathLatency: path[index]!, history: configuration.history,
        memory: schedule.memory[index] + configuration.memory)
    }
  }

  /// The channels that the driver supplies, in the order of `DriverCycle.inputs`. Prepared engines only.
  public var externalInputs: [ExternalPort] {
    external {
      $0.externalInputs
    } machines: {
      $0.outputs.first?.machines ?? []
    }
  }

  /// The channels that the driver takes, in the order of `DriverCycle.outputs`. Prepared engines only.
  public var externalOutputs: [ExternalPort] {
    external {
      $0.externalOutputs
    } machines: { _ in
      []
    }
  }

  private func external(
    _ count: (Configuration) -> Int, machines: (Configuration) -> [String]
  ) -> [ExternalPort] {
    guard let draft = schedule?.draft else { return [] }
    return draft.order.filter { draft.placement[$0] == .realtime }.flatMap { index -> [ExternalPort] in
      let configuration = draft.configurations[index]!
      let channels = count(configuration)
      let names = machines(configuration)
      let input = draft.incoming[index].first.map { draft.format($0)!.format }
      return (0..<channels).map { channel in
        ExternalPort(
          node: draft.graph.nodes[index].name, channel: channel, channels: channels,
          machine: channel < names.count ? names[channel] : draft.graph.nodes[index].name,
          connect: configuration.connect, delay: hasExternalSource(index) ? input?.lookahead ?? 0 : nil)
      }
    }
  }

  /// Whether what a node gets comes from the driver at all.
  private func hasExternalSource(_ node: Int) -> Bool {
    guard let draft = schedule?.draft else { return false }
    if draft.configurations[node]!.externalInputs > 0 { return true }
    return draft.incoming[node].contains { hasExternalSource($0.from) }
  }
}

import RealtimeCore

extension Engine {
  /// The driver's input channels in the order of `DriverCycle.inputs`; nil: unused. Prepared engines only.
  public var inputChannels: [ExternalPort?] { channels.inputs.ports }

  /// The driver's output channels in the order of `DriverCycle.outputs`; nil: unused. Prepared engines only.
  public var outputChannels: [ExternalPort?] { channels.outputs.ports }

  /// The driver's input channels; in the order of `DriverCycle.inputs` if no swap has changed the graph.
  public var externalInputs: [ExternalPort] { inputChannels.compactMap { $0 } }

  /// The driver's output channels; ordered like `externalInputs`.
  public var externalOutputs: [ExternalPort] { outputChannels.compactMap { $0 } }

  static func inputPorts(_ nodes: [LinkedRuntime], _ graph: Graph) -> [ExternalPort] {
    ports(nodes, graph, count: \.externalInputs) { $0.runtime.configuration.outputs.first?.machines ?? [] }
  }

  static func outputPorts(_ nodes: [LinkedRuntime], _ graph: Graph) -> [ExternalPort] {
    ports(nodes, graph, count: \.externalOutputs) { _ in [] }
  }

  private static func ports(
    _ nodes: [LinkedRuntime], _ graph: Graph, count: KeyPath<Configuration, Int>, machines: (LinkedRuntime) -> [String]
  ) -> [ExternalPort] {
    nodes.filter { $0.runtime.placement == .realtime }.flatMap { node -> [ExternalPort] in
      let configuration = node.runtime.configuration
      let channels = configuration[keyPath: count]
      let names = machines(node)
      let connect = graph.nodes.first { $0.name == node.name }?.connections ?? configuration.connect
      let input = node.runtime.inputFormats.first?.format
      return (0..<channels).map { channel in
        ExternalPort(
          node: node.name, channel: channel, channels: channels,
          machine: channel < names.count ? names[channel] : node.name, connect: connect,
          latency: hasExternalSource(node, nodes) ? input?.lookahead ?? 0 : nil)
      }
    }
  }

  /// Whether any input of a node originates from the driver.
  private static func hasExternalSource(_ node: LinkedRuntime, _ nodes: [LinkedRuntime]) -> Bool {
    if node.runtime.configuration.externalInputs > 0 { return true }
    return node.sources.contains { source in
      nodes.first { $0.runtime === source }.map { hasExternalSource($0, nodes) } ?? false
    }
  }
}

extension Graph.Node {
  /// The value of `connect`, which may change while the node keeps its state; nil if the class has no such parameter.
  fileprivate var connections: [String]? {
    guard nodeClass.parameter("connect")?.flags.contains(.placement) ?? false else { return nil }
    switch argument("connect")?.value {
    case .text(let text): return [text]
    case .list(let items): return items.compactMap { if case .text(let text) = $0 { text } else { nil } }
    default: return []
    }
  }
}

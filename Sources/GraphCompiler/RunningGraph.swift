import NodeLife

/// What runs now, as the compiler looks at it: a value, taken when a change begins.
package struct RunningGraph {
  package let graph: Graph
  /// By name.
  let nodes: [String: RunningNode]
  package let services: HostServices
  /// Bytes that it takes.
  let memory: Int

  package init(graph: Graph, nodes: [String: RunningNode], services: HostServices, memory: Int) {
    self.graph = graph
    self.nodes = nodes
    self.services = services
    self.memory = memory
  }
}

/// A running node, by which a draft decides whether it is kept.
package struct RunningNode {
  /// An output that an input reads.
  package struct ReadOutput {
    let number: Int32
    let name: String
    let output: Int
    let format: FormatRecord

    package init(number: Int32, name: String, output: Int, format: FormatRecord) {
      self.number = number
      self.name = name
      self.output = output
      self.format = format
    }
  }

  package struct Input {
    let port: Int
    /// nil: nothing yet.
    let from: ReadOutput?

    package init(port: Int, from: ReadOutput?) {
      self.port = port
      self.from = from
    }
  }

  /// The node's number in the engine: no other node ever has it.
  package let number: Int32
  let instance: NodeInstance
  let configuration: Configuration
  let placement: ScheduleDraft.Placement
  let hasFailed: Bool
  /// Tokens of its inputs wait for each other.
  let isJoined: Bool
  let inputs: [Input]

  package init(
    number: Int32, instance: NodeInstance, configuration: Configuration, placement: ScheduleDraft.Placement,
    hasFailed: Bool, isJoined: Bool, inputs: [Input]
  ) {
    self.number = number
    self.instance = instance
    self.configuration = configuration
    self.placement = placement
    self.hasFailed = hasFailed
    self.isJoined = isJoined
    self.inputs = inputs
  }
}

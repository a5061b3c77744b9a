import CNodeABI
import GraphText
import NodeHost

/// The compiler's passes hand this on: the graph by index, and what the passes have found out.
///
/// Nodes and links are sorted by name, so that the order of the file has no influence.
package struct ScheduleDraft {
  package struct Link {
    package var from: Int
    package var output: Int
    package var to: Int
    package var input: Int
    package var location: SourceLocation?
  }

  package enum Placement: String, Sendable { case realtime, worker }

  package private(set) var graph: Graph
  /// The instance of each node; nil: not created yet.
  package var instances: [NodeInstance?]
  /// For a swap: the running graph.
  package let running: RunningGraph?
  /// Nodes that stay as they are and are not configured again.
  package var kept: [RunningNode?]
  /// Kept nodes that get new values for parameters that may change while running.
  package var tuned: Set<Int> = []
  /// For a swap: the reason why each node that is not kept can't be.
  package var reasons: [String]
  /// For a candidate: new nodes run on workers, whatever their class allows.
  let placesNewOnWorkers: Bool
  package let rate: Int
  package let quantum: Int
  let options: CompilerOptions
  /// Each node's incoming links in the order of its inputs: by port, then by the name of the node they come from.
  package var incoming: [[Link]] = []
  /// Node indexes, sorted so that every node comes after all nodes that it reads from.
  package var order: [Int] = []
  package var configurations: [Configuration?] = []
  package var placement: [Placement] = []
  package var placementReasons: [PlacementReason] = []
  /// What each node takes of a cycle, as far as it was measured.
  package var loads: [NodeCosts.Load?] = []
  /// Nodes that join tokens with irregular positions. They may match often in one cycle; only a worker has time for that.
  var irregularJoins: Set<Int> = []
  /// Most tokens of each output in one call.
  package var capacities: [[Int]] = []
  /// Bytes of each node that is not kept, and of the new rings after each.
  package var sizes: [NodeSizes] = []
  package var diagnostics: [Diagnostic] = []

  package init(
    graph: Graph, instances: [NodeInstance?], running: RunningGraph? = nil, placesNewOnWorkers: Bool = false,
    rate: Int, quantum: Int, options: CompilerOptions
  ) {
    self.graph = graph
    self.placesNewOnWorkers = placesNewOnWorkers
    self.options = options
    limit = max(1, options.memory.left(besides: running?.memory ?? 0))
    self.instances = instances
    self.running = running
    kept = Array(repeating: nil, count: graph.nodes.count)
    reasons = Array(repeating: "", count: graph.nodes.count)
    self.rate = rate
    self.quantum = quantum
    configurations = Array(repeating: nil, count: instances.count)
    placement = Array(repeating: .worker, count: instances.count)
    placementReasons = Array(repeating: .mayBlock, count: instances.count)
    loads = Array(repeating: nil, count: instances.count)
    capacities = Array(repeating: [], count: instances.count)
  }

  /// For each node, the highest frequency with sound in hertz: half of the lowest rate that the sound went through.
  package var highest: [Double] = []
  /// Bytes that may be allocated besides the running graph.
  package let limit: Int

  mutating func moveToWorker(node index: Int) {
    graph.nodes[index].placement = .worker
    placement[index] = .worker
  }

  package func format(_ link: Link) -> FormatRecord? { configurations[link.from]?.outputs[link.output] }

  mutating func error(_ code: String, _ text: String, at location: SourceLocation?) {
    diagnostics.append(graph.diagnostic(code: code, message: text, at: location))
  }

  mutating func error(_ failure: NodeFailure, node index: Int) {
    diagnostics.append(graph.diagnostic(failure, node: graph.nodes[index]))
  }
}

extension Graph.Node {
  /// `judge.score`, or `judge` where the class has one output.
  func outputName(_ port: Int) -> String {
    nodeClass.outputs.count > 1 ? "\(name).\(nodeClass.outputs[port].name)" : name
  }

  func inputName(_ port: Int) -> String {
    nodeClass.inputs.count > 1 ? "\(name).\(nodeClass.inputs[port].name)" : name
  }
}

import CNodeABI
import GraphText
import NodeHost

/// What the compiler's passes hand on to each other: the graph by index, and what has been found out of it so far.
///
/// Nodes and links are kept in the order of their names, so that the order of the file has no influence on anything.
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
  /// Of each node; nil: not made yet.
  package var instances: [NodeInstance?]
  /// What runs now, for a swap.
  package let running: RunningGraph?
  /// Nodes that go on as they are: they are not configured again.
  package var kept: [RunningNode?]
  /// Kept nodes that take new values of parameters that may change while running.
  package var tuned: Set<Int> = []
  /// Of a swap: why each node that is not kept is not.
  package var reasons: [String]
  /// New nodes run on workers, whatever their class allows: a candidate.
  let placesNewOnWorkers: Bool
  package let rate: Int
  package let quantum: Int
  let options: CompilerOptions
  /// Of each node, its incoming links in the order of its inputs: by port, then by the name of the node they come from.
  package var incoming: [[Link]] = []
  /// Node indexes, every node after all that it takes input from.
  package var order: [Int] = []
  package var configurations: [Configuration?] = []
  package var placement: [Placement] = []
  /// Most tokens of each output in one call.
  package var capacities: [[Int]] = []
  /// Bytes of each node that is not kept, and of the new queues behind each.
  package var sizes: [NodeSizes] = []
  package var diagnostics: [Diagnostic] = []

  init(
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
    capacities = Array(repeating: [], count: instances.count)
  }

  /// Of each node, hertz above which nothing can be heard: half of the lowest rate that its sound went through.
  package var highest: [Double] = []
  /// Bytes that may be taken beside what runs.
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

import DetectorHost
import GraphEngine
import Models

extension ModelFile {
  /// A trained model, without thresholds yet.
  ///
  /// - Parameters:
  ///   - input: the input that it was trained on.
  ///   - machines: in the order of the training.
  init(
    _ result: DetectorTrainer.Result, of node: Graph.Node, in graph: Graph, input: DetectorInput, machines: [String]
  ) {
    self.init()
    className = node.nodeClass.name
    classVersion = node.nodeClass.version
    self.graph = graph.name
    graphHash = graph.hash
    frontEnd = input.frontEnd
    texts = result.texts
    tensors = result.tensors
    self.machines = machines.map { Machine(name: $0, threshold: 0) }
  }

  /// Writes it completely or not at all.
  ///
  /// - Throws: `TrainingError`.
  func save(_ path: String) throws(TrainingError) {
    do { try write(path) } catch { throw TrainingError(error.description) }
  }
}

extension Graph {
  /// sha256 of its nodes, parameters and links.
  var hash: String {
    let nodes = nodes.map { node in
      "\(node.name) \(node.nodeClass.name) \(node.nodeClass.version) "
        + node.arguments.filter { argument in
          let parameter = node.nodeClass.parameter(argument.name)
          return parameter.map { $0.kind != .inputPath && !$0.flags.contains(.placement) } ?? false
        }.map { "\($0.name)=\($0.value)" }.joined(separator: " ")
    }.sorted()
    let links = links.map {
      "\(self.nodes[$0.from.node].name).\($0.from.port) -> \(self.nodes[$0.to.node].name).\($0.to.port)"
    }.sorted()
    return "sha256:" + SHA256.hex((nodes + links).joined(separator: "\n").utf8)
  }
}

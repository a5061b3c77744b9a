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

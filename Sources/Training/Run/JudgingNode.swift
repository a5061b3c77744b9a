import GraphEngine
import GraphText

extension Graph.Node {
  /// Without a model, and without a threshold of the graph.
  var untrained: Graph.Node {
    var node = self
    node.arguments.removeAll { $0.name == "model" || $0.name == "threshold" }
    return node
  }

  /// With another model, and with that model's threshold.
  func judging(by model: String) -> Graph.Node {
    var node = untrained
    node.arguments.append(Graph.Argument(name: "model", value: .text(model), location: nil))
    if let initial = nodeClass.parameter("threshold")?.initialValue {
      node.arguments.append(Graph.Argument(name: "threshold", value: initial, location: nil))
    }
    return node
  }
}

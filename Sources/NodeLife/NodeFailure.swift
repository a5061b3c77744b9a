import Graph
import GraphText
import NumberText

/// What a node said when one of its control functions failed.
package struct NodeFailure: Error {
  package var text: String
  /// The parameter at fault, if the node named one.
  package var parameter: String?

  package init(text: String, parameter: String? = nil) {
    self.text = text
    self.parameter = parameter
  }

  /// Memory that the sums allowed, and that can't be had all the same.
  package static func memory(_ bytes: Int) -> NodeFailure {
    NodeFailure(
      text:
        "needs \(NumberText.bytes(bytes)) of memory, which can't be had: other programs have taken it, or a limit of the system "
        + "(ulimit, control group) stands against it", parameter: nil)
  }
}

extension Graph {
  /// A node's own complaint, at the parameter at fault or at the node.
  package func diagnostic(_ failure: NodeFailure, node: Graph.Node) -> Diagnostic {
    let location = failure.parameter.flatMap { node.argument($0)?.location } ?? node.location
    return diagnostic(
      code: "node", message: "node '\(node.name)' (\(node.nodeClass.name)): \(failure.text)", at: location)
  }
}

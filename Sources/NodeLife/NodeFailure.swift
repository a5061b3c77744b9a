import CNodeABI
import Graph
import GraphText
import NodeABI
import NumberText

/// The error of a node's control function.
package struct NodeFailure: Error {
  package var text: String
  /// The wrong parameter, if the node named one.
  package var parameter: String?

  package init(text: String, parameter: String? = nil) {
    self.text = text
    self.parameter = parameter
  }

  /// Any error that was thrown while a node was set up.
  package init(_ error: any Error) { self = error as? NodeFailure ?? NodeFailure(text: "\(error)") }

  /// What a node's function has written to its error.
  package init(_ error: auscult_error) {
    let text = error.message
    self.init(text: text.isEmpty ? "failed and gave no reason" : text, parameter: error.parameterName)
  }

  /// The error for memory that is within the limit but not available.
  package static func memory(_ bytes: Int) -> NodeFailure {
    NodeFailure(
      text:
        "needs \(NumberText.bytes(bytes)) of memory, which is not available: other programs use it, or a limit of the system "
        + "(ulimit, control group) forbids it", parameter: nil)
  }
}

extension Graph {
  /// A node's error, at the wrong parameter or at the node.
  package func diagnostic(_ failure: NodeFailure, node: Graph.Node) -> Diagnostic {
    let location = failure.parameter.flatMap { node.argument($0)?.location } ?? node.location
    return diagnostic(
      code: "node", message: "node '\(node.name)' (\(node.nodeClass.name)): \(failure.text)", at: location)
  }
}

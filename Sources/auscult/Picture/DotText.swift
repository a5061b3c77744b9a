import GraphEngine
import GraphText
import TextEscapes

/// A graph in the language of Graphviz.
struct DotText {
  private let graph: Graph
  private let descriptions: [String: NodeDescription]

  /// - Parameter nodes: what the engine plans for the graph. Nodes of which it plans nothing lie outside of the threads.
  init(_ graph: Graph, nodes: [NodeDescription]) {
    self.graph = graph
    descriptions = Dictionary(uniqueKeysWithValues: nodes.map { ($0.name, $0) })
  }

  /// Ends with a newline.
  var text: String {
    let clusters = [("realtime", "#dbeafe"), ("worker", "#fef3c7")].flatMap { cluster($0, color: $1) }
    let others = graph.nodes.filter { descriptions[$0.name] == nil }.map { "  \(box($0))" }
    let lines =
      [
        "digraph \(DotString.name(graph.name)) {", "  rankdir=LR", #"  fontname="sans-serif""#,
        #"  node [shape=box, style="rounded,filled", fillcolor=white, fontname="sans-serif", fontsize=11]"#,
        #"  edge [fontname="sans-serif", fontsize=9]"#,
      ] + clusters + others + graph.links.map(edge) + ["}", ""]
    return lines.joined(separator: "\n")
  }

  private func cluster(_ placement: String, color: String) -> [String] {
    let nodes = graph.nodes.filter { descriptions[$0.name]?.placement == placement }
    if nodes.isEmpty { return [] }
    return ["  subgraph cluster_\(placement) {", "    label=\"\(placement)\"; style=filled; color=\"\(color)\""]
      + nodes.map { "    \(box($0))" } + ["  }"]
  }

  private func box(_ node: Graph.Node) -> String { "\(DotString.name(node.name)) [label=\(label(node))]" }

  private func label(_ node: Graph.Node) -> String { DotString.label("\(node.name)\n\(node.nodeClass.name)") }

  /// A link with its format; with port names if there are several ports.
  private func edge(_ link: Graph.Link) -> String {
    let from = graph.nodes[link.from.node]
    let to = graph.nodes[link.to.node]
    let format = descriptions[from.name].map { $0.outputs[link.from.port].format } ?? ""
    var attributes = ["label=\(DotString.label(format.split(separator: ", ").joined(separator: "\n")))"]
    if from.nodeClass.outputs.count > 1 {
      attributes.append("taillabel=\(DotString.label(from.nodeClass.outputs[link.from.port].name))")
    }
    if to.nodeClass.inputs.count > 1 {
      attributes.append("headlabel=\(DotString.label(to.nodeClass.inputs[link.to.port].name))")
    }
    return "  \(DotString.name(from.name)) -> \(DotString.name(to.name)) [\(attributes.joined(separator: ", "))]"
  }
}

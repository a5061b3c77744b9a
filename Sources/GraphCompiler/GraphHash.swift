import Graph
import Models
import NodeHost

extension Graph {
  /// "sha256:..." of its nodes, parameters and links. Paths, and where nodes run, are left out.
  package var hash: String {
    let nodes = nodes.map { node in
      "\(node.name) \(node.nodeClass.name) \(node.nodeClass.version) "
        + node.arguments.filter { argument in
          let parameter = node.nodeClass.parameter(argument.name)
          return parameter.map { $0.kind != .inputPath && $0.kind != .outputPath && !$0.flags.contains(.placement) }
            ?? false
        }.map { "\($0.name)=\($0.value)" }.joined(separator: " ")
    }.sorted()
    let links = links.map {
      "\(self.nodes[$0.from.node].name).\($0.from.port) -> \(self.nodes[$0.to.node].name).\($0.to.port)"
    }.sorted()
    return "sha256:" + SHA256.hex((nodes + links).joined(separator: "\n").utf8)
  }
}

import GraphText
import NodeHost

extension GraphBuilder {
  /// The links between known nodes and ports. Skips links to a node that already has an error.
  mutating func buildLinks(_ nodes: [Graph.Node?]) -> [Graph.Link] {
    let indices = Dictionary(document.nodes.enumerated().map { ($1.name, $0) }) { first, _ in first }
    var links: [Graph.Link] = []
    var taken: [Graph.Link.End: [Graph.Link.End: Graph.Link]] = [:]
    for documentLink in document.links {
      let from = end(documentLink.from, .output, indices, nodes)
      let to = end(documentLink.to, .input, indices, nodes)
      guard let from, let to, let source = nodes[from.node], let target = nodes[to.node] else { continue }
      let link = Graph.Link(from: from, to: to, location: documentLink.location)
      guard isAcceptable(link, besides: taken[to] ?? [:], source, target, nodes),
        kindsMatch(link, source, target)
      else { continue }
      taken[to, default: [:]][from] = link
      links.append(link)
    }
    return links
  }

  // MARK: Ends

  private enum Direction: String {
    case input, output

    var other: Direction { self == .input ? .output : .input }

    func ports(_ nodeClass: NodeClass) -> [Port] { self == .input ? nodeClass.inputs : nodeClass.outputs }
  }

  private mutating func end(
    _ end: DocumentLink.End, _ direction: Direction, _ indices: [String: Int], _ nodes: [Graph.Node?]
  ) -> Graph.Link.End? {
    guard let index = indices[end.node] else {
      guard document.isComplete else { return nil }
      var location = end.location
      if end.port != nil { location.length = min(location.length, end.node.unicodeScalars.count) }
      collector.add(
        "unknown-node", "the graph has no node \(quoted(end.node))", at: location, written: end.node,
        candidates: document.nodes.map(\.name))
      return nil
    }
    guard let node = nodes[index], let port = port(end, direction, node) else { return nil }
    return Graph.Link.End(node: index, port: port)
  }

  private mutating func port(_ end: DocumentLink.End, _ direction: Direction, _ node: Graph.Node) -> Int? {
    let ports = direction.ports(node.nodeClass)
    guard !ports.isEmpty else {
      collector.add(
        "unknown-port", "\(quoted(node.name)) (\(node.nodeClass.name)) has no \(direction.rawValue)", at: end.location)
      return nil
    }
    guard let name = end.port else {
      guard ports.count > 1 else { return 0 }
      let names = ports.map { "\(node.name).\($0.name)" }.joined(separator: ", ")
      collector.add(
        "ambiguous-port", "\(quoted(node.name)) has several \(direction.rawValue)s; name one: \(names)",
        at: end.location)
      return nil
    }
    if let index = ports.firstIndex(where: { $0.name == name }) { return index }
    var message = "\(quoted(node.name)) (\(node.nodeClass.name)) has no \(direction.rawValue) \(quoted(name))"
    if direction.other.ports(node.nodeClass).contains(where: { $0.name == name }) {
      message += "; that is an \(direction.other.rawValue)"
    }
    collector.add("unknown-port", message, at: end.portLocation, written: name, candidates: ports.map(\.name))
    return nil
  }

  // MARK: Rules

  /// Whether an input may have this link in addition to its present ones.
  private mutating func isAcceptable(
    _ link: Graph.Link, besides others: [Graph.Link.End: Graph.Link], _ source: Graph.Node, _ target: Graph.Node,
    _ nodes: [Graph.Node?]
  ) -> Bool {
    let input = target.nodeClass.inputs[link.to.port]
    if let same = others[link.from] {
      collector.add(
        "duplicate-link",
        "\(name(source, source.nodeClass.outputs[link.from.port])) is linked to \(name(target, input)) twice, "
          + "first at \(place(same.location))", at: link.location)
      return false
    }
    guard !input.flags.contains(.many), let other = others.values.first, let first = nodes[other.from.node] else {
      return true
    }
    collector.add(
      "second-link",
      "\(name(target, input)) takes one link, and has one from "
        + "\(name(first, first.nodeClass.outputs[other.from.port])) at \(place(other.location))", at: link.location)
    return false
  }

  private mutating func kindsMatch(_ link: Graph.Link, _ source: Graph.Node, _ target: Graph.Node) -> Bool {
    let output = source.nodeClass.outputs[link.from.port]
    let input = target.nodeClass.inputs[link.to.port]
    guard output.kinds.isDisjoint(with: input.kinds) else { return true }
    collector.add(
      "kind-mismatch",
      "\(name(source, output)) yields \(output.kinds), but \(name(target, input)) takes \(input.kinds)",
      at: link.location)
    return false
  }

  private func name(_ node: Graph.Node, _ port: Port) -> String { "'\(node.name).\(port.name)'" }

  private func place(_ location: SourceLocation?) -> String { location.map { "\($0)" } ?? "another place" }
}

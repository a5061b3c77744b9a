import GraphText
import NodeHost

/// The most cycles that are reported. Each costs a walk through the whole graph.
private let mostCycles = 10

extension GraphBuilder {
  /// Checks that every required input has a link, and every node at least one.
  mutating func checkConnections(_ nodes: [Graph.Node?], _ links: [Graph.Link]) {
    // After a refused link, its ends would seem to be unlinked.
    guard document.isComplete, document.hasAllLinks, links.count == document.links.count else { return }
    let linked = Set(links.map(\.to))
    let touched = Set(links.flatMap { [$0.from.node, $0.to.node] })
    for (index, node) in nodes.enumerated() {
      guard let node else { continue }
      guard touched.contains(index) else {
        collector.add("unlinked-node", "no link leads to or from \(quoted(node.name))", at: node.location)
        continue
      }
      for (port, input) in node.nodeClass.inputs.enumerated()
      where !input.flags.contains(.optional) && !linked.contains(Graph.Link.End(node: index, port: port)) {
        collector.add(
          "unlinked-input", "nothing is linked to '\(node.name).\(input.name)' (\(input.kinds))", at: node.location)
      }
    }
  }

  /// Reports one cycle for each group of nodes that form one.
  ///
  /// - Complexity: O(nodes + links) per cycle.
  mutating func checkCycles(_ links: [Graph.Link], count: Int) {
    var rest = withoutAcyclicParts(links, count: count)
    for _ in 0..<mostCycles {
      guard let start = rest.first else { return }
      let cycle = walk(from: start, rest)
      let names = cycle.map { document.nodes[$0.from.node].name }
      let closing = cycle.max { isBefore($0.location, $1.location) }
      collector.add(
        "cycle", "the links form a cycle: \((names + names.prefix(1)).joined(separator: " -> "))",
        at: closing?.location)
      let seen = Set(cycle.map(\.from.node))
      rest = withoutAcyclicParts(rest.filter { !seen.contains($0.from.node) }, count: count)
    }
  }

  /// Repeatedly removes nodes without incoming or without outgoing links. The rest lies on cycles, or between them.
  private func withoutAcyclicParts(_ links: [Graph.Link], count: Int) -> [Graph.Link] {
    let ahead = peeled(links, count: count, from: \.from.node, to: \.to.node)
    return peeled(ahead, count: count, from: \.to.node, to: \.from.node)
  }

  private func peeled(
    _ links: [Graph.Link], count: Int, from: KeyPath<Graph.Link, Int>, to: KeyPath<Graph.Link, Int>
  ) -> [Graph.Link] {
    var incoming = [Int](repeating: 0, count: count)
    var outgoing = [[Int]](repeating: [], count: count)
    for (index, link) in links.enumerated() {
      incoming[link[keyPath: to]] += 1
      outgoing[link[keyPath: from]].append(index)
    }
    var free = incoming.indices.filter { incoming[$0] == 0 }
    var isGone = [Bool](repeating: false, count: links.count)
    while let node = free.popLast() {
      for index in outgoing[node] {
        isGone[index] = true
        let next = links[index][keyPath: to]
        incoming[next] -= 1
        if incoming[next] == 0 { free.append(next) }
      }
    }
    return links.indices.filter { !isGone[$0] }.map { links[$0] }
  }

  /// Follows links until a node occurs twice. Every remaining node has an outgoing link.
  private func walk(from start: Graph.Link, _ links: [Graph.Link]) -> [Graph.Link] {
    let next = Dictionary(links.map { ($0.from.node, $0) }) { first, _ in first }
    var path: [Graph.Link] = []
    var places: [Int: Int] = [:]
    var link = start
    while places[link.from.node] == nil, let following = next[link.to.node] {
      places[link.from.node] = path.count
      path.append(link)
      link = following
    }
    return Array(path[(places[link.from.node] ?? 0)...])
  }

  private func isBefore(_ a: SourceLocation?, _ b: SourceLocation?) -> Bool {
    (a?.line ?? 0, a?.column ?? 0) < (b?.line ?? 0, b?.column ?? 0)
  }
}

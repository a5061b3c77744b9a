import GraphText

/// Sorts nodes after those that they read from, and by name otherwise (Kahn's algorithm). Omits nodes in a cycle.
///
/// - Parameter sources: for each node, the indexes of the nodes that it reads from.
package func topologicalOrder(_ names: [String], sources: [[Int]]) -> [Int] {
  var missing = sources.map { Set($0).count }
  var readers: [[Int]] = Array(repeating: [], count: names.count)
  for (index, own) in sources.enumerated() { for source in Set(own) { readers[source].append(index) } }
  var ready = names.indices.filter { missing[$0] == 0 }
  var order: [Int] = []
  while let next = ready.min(by: { (names[$0], $0) < (names[$1], $1) }) {
    ready.removeAll { $0 == next }
    order.append(next)
    for reader in readers[next] {
      missing[reader] -= 1
      if missing[reader] == 0 { ready.append(reader) }
    }
  }
  return order
}

extension Compiler {
  /// Turns links into indexes. Each node's links are sorted by port, then by the name of the node they come from.
  package static func resolve(_ draft: inout ScheduleDraft) {
    draft.incoming = Array(repeating: [], count: draft.graph.nodes.count)
    for link in draft.graph.links {
      draft.incoming[link.to.node].append(
        ScheduleDraft.Link(
          from: link.from.node, output: link.from.port, to: link.to.node, input: link.to.port, location: link.location))
    }
    let nodes = draft.graph.nodes
    for index in draft.incoming.indices {
      draft.incoming[index].sort { a, b in
        if a.input != b.input { return a.input < b.input }
        if a.from != b.from { return nodes[a.from].name < nodes[b.from].name }
        return a.output < b.output
      }
    }
  }

  /// The order in which the nodes run. Reading the file has already refused cycles.
  package static func order(_ draft: inout ScheduleDraft) {
    let names = draft.graph.nodes.map(\.name)
    draft.order = topologicalOrder(names, sources: draft.incoming.map { $0.map(\.from) })
    if draft.order.count < names.count {
      let stuck = names.indices.filter { !draft.order.contains($0) }.map { names[$0] }.sorted()
      draft.error("cycle", "these nodes form a cycle: \(stuck.joined(separator: ", "))", at: nil)
    }
  }

  /// Refuses a placement that is impossible.
  package static func checkPlacement(_ draft: inout ScheduleDraft) {
    for index in draft.order {
      let node = draft.graph.nodes[index]
      let configuration = draft.configurations[index]!
      if node.placement == .realtime && draft.placement[index] == .worker {
        let reason =
          draft.irregularJoins.contains(index)
          ? "it joins tokens with irregular positions"
          : node.nodeClass.isHard
            ? "the node before it runs on a worker" : "class \(node.nodeClass.name) may block: it runs on workers only"
        draft.error("placement", "node '\(node.name)' cannot run on the realtime thread: \(reason)", at: node.location)
      } else if draft.placement[index] == .worker
        && (configuration.externalInputs > 0 || configuration.externalOutputs > 0 || draft.incoming[index].isEmpty)
      {
        draft.error(
          "placement",
          "node '\(node.name)' passes samples to or from the driver and must run on the realtime thread, but "
            + (node.nodeClass.isHard && node.placement != .worker
              ? "a node before it runs on a worker" : "it is placed on a worker"),
          at: node.location)
      }
    }
  }
}

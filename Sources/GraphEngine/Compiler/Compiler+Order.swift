import CNodeABI
import GraphText

extension Compiler {
  /// Links by index, each node's in the order of its ports, then of the names of the nodes they come from.
  static func resolve(_ draft: inout ScheduleDraft) {
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

  /// A topological order, by name among equals (Kahn's algorithm). Cycles were refused with the file.
  static func order(_ draft: inout ScheduleDraft) {
    let names = draft.graph.nodes.map(\.name)
    var missing = draft.incoming.map(\.count)
    var outgoing: [[Int]] = Array(repeating: [], count: names.count)
    for links in draft.incoming { for link in links { outgoing[link.from].append(link.to) } }
    var ready = names.indices.filter { missing[$0] == 0 }
    while let next = ready.min(by: { names[$0] < names[$1] }) {
      ready.removeAll { $0 == next }
      draft.order.append(next)
      for target in outgoing[next] {
        missing[target] -= 1
        if missing[target] == 0 { ready.append(target) }
      }
    }
    if draft.order.count < names.count {
      let stuck = names.indices.filter { missing[$0] > 0 }.map { names[$0] }.sorted().joined(separator: ", ")
      draft.error("cycle", "these nodes form a cycle: \(stuck)", at: nil)
    }
  }

  /// Realtime where the class is hard, everything before it is realtime and the file does not say otherwise.
  static func place(_ draft: inout ScheduleDraft) {
    for index in draft.order {
      let node = draft.graph.nodes[index]
      let isIrregularJoin = joinsIrregularly(draft, node: index)
      draft.placement[index] = isRealtime(draft, node: index) ? .realtime : .worker
      let configuration = draft.configurations[index]!
      if node.placement == .realtime && draft.placement[index] == .worker {
        let reason =
          isIrregularJoin
          ? "it joins tokens that come irregularly"
          : node.nodeClass.isHard
            ? "the node before it runs on a worker" : "class \(node.nodeClass.name) may block: it runs on workers only"
        draft.error("placement", "node '\(node.name)' cannot run on the realtime thread: \(reason)", at: node.location)
      } else if draft.placement[index] == .worker
        && (configuration.externalInputs > 0 || configuration.externalOutputs > 0 || draft.incoming[index].isEmpty)
      {
        draft.error(
          "placement",
          "node '\(node.name)' exchanges samples with the driver and must run on the realtime thread, but "
            + (node.nodeClass.isHard && node.placement != .worker
              ? "a node before it runs on a worker" : "it is placed on a worker"),
          at: node.location)
      }
    }
  }

  static func isRealtime(_ draft: ScheduleDraft, node index: Int) -> Bool {
    let node = draft.graph.nodes[index]
    return node.nodeClass.isHard && node.placement != .worker && !joinsIrregularly(draft, node: index)
      && draft.incoming[index].allSatisfy { draft.placement[$0.from] == .realtime }
  }

  /// Tokens that come when their node sees fit match in several runs of one cycle, for which only a worker has time.
  private static func joinsIrregularly(_ draft: ScheduleDraft, node index: Int) -> Bool {
    let links = draft.incoming[index]
    let inputs = draft.graph.nodes[index].nodeClass.inputs
    return links.count > 1 && !links.contains { inputs[$0.input].flags.contains(.independent) }
      && links.contains { draft.format($0)!.format.stamp == AUSCULT_STAMP_NODE }
  }
}

import CNodeABI
import GraphCompiler
import GraphText
import NodeABI
import NodeHost
import OutputFiles

/// A graph compared with the running one: which nodes stay, come and go.
struct SwapDraft {
  let graph: Graph
  let draft: ScheduleDraft
  let before: [LinkedRuntime]
  let runtimes: [NodeRuntime]
  let generation: Int

  private var keptNumbers: Set<Int32> { Set(draft.kept.compactMap { $0?.number }) }

  /// Runtimes of the new nodes, in the order they run in.
  var added: [NodeRuntime] { draft.order.filter { draft.kept[$0] == nil }.map { runtimes[$0] } }
  /// Nodes that go.
  var removed: [LinkedRuntime] { before.filter { !keptNumbers.contains($0.runtime.number) } }
  /// The nodes as they run after the swap.
  var after: [LinkedRuntime] { draft.linked(runtimes) }

  /// Kept nodes that take new values: their runtime, and the node before and after.
  var tuned: [(runtime: NodeRuntime, before: Graph.Node, after: Graph.Node)] {
    draft.tuned.sorted().map { (runtimes[$0], nodeBefore(draft.graph.nodes[$0].name)!, draft.graph.nodes[$0]) }
  }

  // MARK: The plan

  var plan: SwapPlan {
    let names = Set(before.map(\.name))
    var changes = draft.order.map { index -> NodeChange in
      let node = draft.graph.nodes[index]
      let isKept = draft.kept[index] != nil
      let connections = isKept ? node.changes(from: nodeBefore(node.name)!).map(\.text) : []
      return NodeChange(
        node: node.name, className: node.nodeClass.name,
        action: draft.tuned.contains(index)
          ? .retuned : isKept ? .kept : names.contains(node.name) ? .rewarmed : .added,
        reason: isKept ? connections.joined(separator: ", ") : draft.reasons[index],
        warmUp: isKept ? 0 : history(runtimes[index]),
        continuesOutput: !isKept && node.outputPaths.contains { continues(runtimes[index], $0) })
    }
    let left = Set(draft.graph.nodes.map(\.name))
    changes += before.filter { !left.contains($0.name) }.map {
      NodeChange(
        node: $0.name, className: $0.runtime.node.nodeClass.name, action: .removed, reason: "", warmUp: 0)
    }
    return SwapPlan(changes: changes)
  }

  /// Whether a new sink continues a file that the running sink of the same name writes.
  func continues(_ runtime: NodeRuntime, _ path: String) -> Bool {
    guard let writer = writer(of: path) else { return false }
    return writer.name == runtime.name && removed.contains { $0.runtime === writer.runtime }
      && runtime.canContinueOutput && writer.runtime.canContinueOutput
  }

  /// The running node that writes a file.
  func writer(of path: String) -> LinkedRuntime? {
    guard let identity = FileIdentity(path) else { return nil }
    return before.first { $0.runtime.node.outputs.contains(identity) }
  }

  private func nodeBefore(_ name: String) -> Graph.Node? { draft.running?.graph.nodes.first { $0.name == name } }

  /// Driver frames that a new node and the new nodes before it need before its tokens are valid.
  func history(_ runtime: NodeRuntime) -> Int64 {
    guard let index = runtimes.firstIndex(where: { $0 === runtime }), draft.kept[index] == nil else { return 0 }
    return runtime.configuration.history + (draft.incoming[index].map { history(runtimes[$0.from]) }.max() ?? 0)
  }

  /// Whether all inputs of a node come from kept nodes.
  func hearsKeptNodes(_ runtime: NodeRuntime) -> Bool {
    guard let index = runtimes.firstIndex(where: { $0 === runtime }) else { return false }
    return draft.incoming[index].allSatisfy { draft.kept[$0.from] != nil }
  }

  // MARK: Side by side

  /// Old and new nodes side by side, from the warm-up to the end of probation.
  func transition(_ shadow: ShadowSetup? = nil) -> [LinkedRuntime] {
    let grid = commonPeriod()
    let old = Dictionary(uniqueKeysWithValues: before.map { ($0.name, $0) })
    let coming = draft.order.map { index -> LinkedRuntime in
      let isKept = draft.kept[index] != nil
      var node = LinkedRuntime(runtime: runtimes[index], side: isKept ? .both : .new, inputs: [])
      for (place, link) in draft.incoming[index].enumerated() {
        let from = runtimes[link.from]
        var feed = LinkedRuntime.Feed(runtime: from, output: link.output)
        let isFromKept = draft.kept[link.from] != nil
        if isKept {
          let current = old[node.name]!.inputs[place].from!
          let changes = current.runtime !== from
          node.inputs.append(
            LinkedRuntime.Input(port: link.input, from: current, other: changes ? feed : nil, changesOver: changes))
        } else if node.isSink {
          node.inputs.append(LinkedRuntime.Input(port: link.input, from: nil, other: feed, changesOver: true))
        } else {
          if isFromKept { feed.grid = ticks(grid, from.configuration.outputs[link.output].format) }
          node.inputs.append(LinkedRuntime.Input(port: link.input, from: feed))
        }
      }
      return node
    }
    let going = removed.map { node -> LinkedRuntime in
      var node = node
      node.side = .old
      if node.isSink { for index in node.inputs.indices { node.inputs[index].changesOver = true } }
      return node
    }
    let both = (coming + going).map { node in
      var node = node
      node.isLossy = shadow != nil && node.side == .new
      return node
    }
    return (both + (shadow?.copies ?? [])).inOrder
  }

  /// The grid on which new nodes begin, so that their tokens lie where they would if the nodes had always run. Driver
  /// frames after which the positions of all inputs and outputs coincide again; 1 if that takes too long.
  private func commonPeriod() -> Int64 {
    var numerator: Int64 = 1
    for index in draft.order where draft.kept[index] == nil {
      let formats =
        draft.incoming[index].map { draft.format($0)!.format } + draft.configurations[index]!.outputs.map(\.format)
      for format in formats where format.stamp == AUSCULT_STAMP_HOST {
        // period / denominator in lowest terms. With 1/1 among them, the least common multiple is a whole number.
        let divisor = greatestCommonDivisor(format.period, format.denominator)
        let next = numerator.multipliedReportingOverflow(
          by: format.period / divisor / greatestCommonDivisor(numerator, format.period / divisor))
        if next.overflow || next.partialValue > Int64(draft.rate) * SwapDraft.longestGridSeconds { return 1 }
        numerator = next.partialValue
      }
    }
    return numerator
  }

  /// Longest time that a new node waits for its place on the grid.
  private static let longestGridSeconds: Int64 = 10

  private func ticks(_ frames: Int64, _ format: auscult_format) -> Int64 {
    format.stamp == AUSCULT_STAMP_NODE ? 0 : frames * format.denominator
  }
}

extension LinkedRuntime {
  /// A sink: it has no outputs.
  var isSink: Bool { runtime.blocks.isEmpty }
}

import CNodeABI
import NodeHost

extension ScheduleDraft {
  /// A node's instance, created on first use.
  mutating func instance(_ index: Int) throws -> NodeInstance {
    if let instance = instances[index] { return instance }
    guard let running else { preconditionFailure("a graph without instances") }
    let instance = try NodeInstance(graph.nodes[index], graph: graph.name, services: running.services)
    instances[index] = instance
    return instance
  }
}

extension Compiler {
  /// Keeps a running node if nothing changes for it: same class and build, parameters, thread and inputs. Its inputs
  /// must come from kept nodes. For scores, events and sinks it is enough that the inputs' formats are the same.
  /// Otherwise the draft gets the reason.
  static func keep(_ draft: inout ScheduleDraft, node index: Int) -> Bool {
    let node = draft.graph.nodes[index]
    guard let running = draft.running?.nodes[node.name] else { return false }
    if let difference = difference(draft, node: index, running) {
      draft.reasons[index] = difference
      return false
    }
    let before = draft.running?.graph.nodes.first { $0.name == node.name }
    if before.map({ node.changes(from: $0).contains { $0.isRunning } }) ?? false { draft.tuned.insert(index) }
    draft.kept[index] = running
    draft.instances[index] = running.instance
    draft.configurations[index] = running.configuration
    return true
  }

  /// Why a running node can't stay as it is, in words; nil: it can.
  private static func difference(_ draft: ScheduleDraft, node index: Int, _ running: RunningNode) -> String? {
    let node = draft.graph.nodes[index]
    let before = draft.running?.graph.nodes.first { $0.name == node.name } ?? running.instance.node
    if node.nodeClass.name != before.nodeClass.name { return "\(before.nodeClass.name) -> \(node.nodeClass.name)" }
    if node.nodeClass.library.buildID != before.nodeClass.library.buildID {
      return "build \(short(before.nodeClass.library.buildID)) -> \(short(node.nodeClass.library.buildID))"
    }
    if node.nodeClass.isIsolated != before.nodeClass.isIsolated {
      return node.nodeClass.isIsolated ? "moves to a process of its own" : "moves into this process"
    }
    if running.hasFailed { return "its present instance failed" }
    let isTunable = node.nodeClass.tuneFunctions != nil
    let changes = node.changes(from: before).filter { !$0.isConnection && !($0.isRunning && isTunable) }
    if let change = changes.first { return change.text }
    if let change = inputDifference(draft, node: index, running) { return change }
    if draft.placement[index] != running.placement {
      return "moves to \(draft.placement[index] == .realtime ? "the realtime thread" : "a worker")"
    }
    return nil
  }

  private static func short(_ id: String) -> String { String(id.prefix(12)) }

  private static func inputDifference(_ draft: ScheduleDraft, node index: Int, _ running: RunningNode) -> String? {
    let links = draft.incoming[index]
    let nodes = draft.graph.nodes
    guard links.count == running.inputs.count else {
      return "\(running.inputs.count) -> \(links.count) links lead to it"
    }
    for (link, input) in zip(links, running.inputs) {
      guard let feed = input.from else { return "its input is not there yet" }
      let name = nodes[link.from].name
      if feed.name != name { return "its input comes from '\(name)', not from '\(feed.name)'" }
      if feed.output != link.output || input.port != link.input { return "it is linked to another port of '\(name)'" }
      if let kept = draft.kept[link.from], kept.number == feed.number { continue }
      let format = draft.format(link)!
      guard canSplice(running, format.format) else { return "its input '\(name)' changes" }
      if !format.isAlike(feed.format) { return "the format of '\(name)' changes" }
    }
    return nil
  }

  /// Scores and events are judged one by one, and a sink only writes. There the new node's tokens may follow the old
  /// node's. All other nodes carry sound in their state.
  private static func canSplice(_ node: RunningNode, _ format: auscult_format) -> Bool {
    guard !node.isJoined else { return false }
    return node.instance.nodeClass.traits.contains(.sink) || format.kind & (AUSCULT_SCORE | AUSCULT_EVENT) != 0
  }
}

/// A parameter that differs between two nodes of one class.
package struct ParameterChange {
  var name: String
  var before: String
  var after: String
  /// Only connections to ports change.
  var isConnection: Bool
  /// The parameter may change while running.
  var isRunning: Bool

  package var text: String { "\(name): \(before) -> \(after)" }
}

extension Graph.Node {
  package func changes(from before: Graph.Node) -> [ParameterChange] {
    nodeClass.parameters.compactMap { parameter in
      let old = before.argument(parameter.name)?.value
      let new = argument(parameter.name)?.value
      if old == new { return nil }
      return ParameterChange(
        name: parameter.name, before: old?.written ?? "none", after: new?.written ?? "none",
        isConnection: parameter.name == "connect" && parameter.flags.contains(.placement),
        isRunning: parameter.flags.contains(.running))
    }
  }
}

extension FormatRecord {
  /// Whether a consumer can't tell the streams apart. Latency matters only for audio that is played.
  func isAlike(_ other: FormatRecord) -> Bool {
    let (a, b) = (format, other.format)
    return a.kind == b.kind && a.channels == b.channels && a.rows == b.rows && a.columns == b.columns
      && a.denominator == b.denominator && a.period == b.period && a.extent == b.extent && a.offset == b.offset
      && a.stamp == b.stamp && a.scale == b.scale && machines == other.machines
      && (a.kind != AUSCULT_AUDIO || a.lookahead == b.lookahead)
  }
}

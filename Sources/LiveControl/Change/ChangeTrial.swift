import GraphEngine
import GraphText
import NodeHost

/// Lets a child process try the new nodes of a change first, so that a faulty node crashes or hangs there and not here.
struct ChangeTrial {
  let request: ChangeRequest
  let graph: Graph
  let source: GraphSource
  let running: Graph
  let rate: Int

  /// Nil: no node is new, or all of them ran before, as with `set` and `rollback`.
  func begin(_ catalog: PluginCatalog) -> BackgroundWork<ProbeOutcome?>? {
    let nodes = GraphTrial.changed(graph, from: running)
    guard ![.set, .rollback].contains(request.kind), !nodes.isEmpty, let probe = catalog.probe else { return nil }
    let seconds = request.timeout ?? GraphTrial.seconds
    let question = GraphTrial.request(source, catalog: catalog, rate: rate, nodes: request.isDryRun ? [] : nodes)
    return BackgroundWork("auscult-probe") {
      probe.run(["probe-plugin", "--graph", "--limit", "\(seconds)"], request: question, seconds: seconds)
    }
  }

  /// The error of a node; nil: none was found.
  func problem(_ outcome: ProbeOutcome?) -> Diagnostic? {
    outcome.flatMap { GraphTrial.diagnostic($0, graph, timeout: request.timeout) }.map(source.absolute)
  }

  /// The parts that no child could try.
  func untried(_ outcome: ProbeOutcome?) -> [ChangeNote] {
    guard outcome != nil else { return [.noTrial] }
    return graph.nodes.filter { !NodeTrial.isActivated($0) }.compactMap { node in
      let before = running.nodes.first { $0.name == node.name }
      guard before?.nodeClass.library.path != node.nodeClass.library.path else { return nil }
      return .notActivatedInTrial(node: node.name)
    }
  }
}

import GraphEngine
import GraphText
import NodeHost

/// Has a child process make the new nodes of a change ready first, so that one that crashes or hangs there does not do so
/// here.
struct ChangeTrial {
  let request: ChangeRequest
  let graph: Graph
  let source: GraphSource
  let running: Graph
  let rate: Int

  /// Nil: no node is new, or it ran before: what `set` and `rollback` bring was made once already.
  func begin(_ catalog: PluginCatalog) -> BackgroundWork<ProbeOutcome?>? {
    let nodes = GraphTrial.changed(graph, from: running)
    guard ![.set, .rollback].contains(request.kind), !nodes.isEmpty, let probe = catalog.probe else { return nil }
    let seconds = request.timeout ?? GraphTrial.seconds
    let question = GraphTrial.request(source, catalog: catalog, rate: rate, nodes: request.isDryRun ? [] : nodes)
    return BackgroundWork("auscult-probe") {
      probe.run(["probe-plugin", "--graph", "--limit", "\(seconds)"], request: question, seconds: seconds)
    }
  }

  /// What is wrong with a node; nil: nothing was found.
  func problem(_ outcome: ProbeOutcome?) -> Diagnostic? {
    outcome.flatMap { GraphTrial.diagnostic($0, graph, timeout: request.timeout) }.map(source.absolute)
  }

  /// What no child could try out.
  func untried(_ outcome: ProbeOutcome?) -> [ChangeNote] {
    guard outcome != nil else { return [.noTrial] }
    return graph.nodes.filter { !NodeTrial.isActivated($0) }.compactMap { node in
      let before = running.nodes.first { $0.name == node.name }
      guard before?.nodeClass.library.path != node.nodeClass.library.path else { return nil }
      return .notActivatedInTrial(node: node.name)
    }
  }
}

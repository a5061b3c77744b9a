import GraphEngine
import GraphText
import NodeHost
import NumberText
import RunControl

/// Creates, configures and activates the nodes of a graph in a child process first. See `NodeTrial`.
public enum GraphTrial {
  /// Tries a graph at the start of a command, in a copy of this process. A graph that passed is not tried again until
  /// something changes that its trial depended on.
  ///
  /// - Throws: a diagnostic at the node whose plugin would have ended the program.
  public static func examine(
    _ graph: Graph, probe: PluginProbe?, rate: Int, activating: Bool = true
  ) throws(DiagnosticsError) {
    guard let probe else { return }
    let memory = TrialMemory(graph, rate: rate, activating: activating)
    if let memory, memory.isKnown { return }
    let outcome = probe.copy(seconds: seconds) { child in
      run(graph, rate: rate, child) { _ in activating }
    }
    guard let outcome else { return }
    if let diagnostic = diagnostic(outcome, graph) { throw DiagnosticsError([diagnostic]) }
    if outcome.end == .finished { memory?.note() }
  }

  /// Seconds that each call of a node may take.
  static let seconds = 10.0

  private static func run(_ graph: Graph, rate: Int, _ child: ProbeChild, _ isMeant: (Graph.Node) -> Bool) {
    let steps = StepCounter()
    NodeTrial.run(graph, rate: rate, activating: isMeant) { call, node in
      child.begin(steps.next(), "\(call) \(node.name)")
    }
  }

  /// The child's finding, at its node; nil: none.
  ///
  /// - Parameter timeout: seconds that the command allows.
  static func diagnostic(_ outcome: ProbeOutcome, _ graph: Graph, timeout: Double? = nil) -> Diagnostic? {
    let parts = outcome.activity.split(separator: " ", maxSplits: 1)
    guard outcome.step >= 0, let fault = outcome.fault, parts.count == 2,
      let node = graph.nodes.first(where: { $0.name == parts[1] })
    else { return nil }
    var words = "\(node.nodeClass.library.path) \(fault) in \(parts[0])"
    if case .late(let seconds) = outcome.end {
      words = "has not returned from '\(parts[0])' within \(NumberText.significant(timeout ?? seconds, 6)) s"
      if timeout != nil { words += "; allow more with --timeout" }
    }
    return graph.diagnostic(
      code: "plugin", message: "node '\(node.name)' (\(node.nodeClass.name)): \(words)", at: node.location)
  }

  // MARK: From a graph that runs

  /// The request to a child that is started as a program.
  ///
  /// - Parameter nodes: the nodes to activate.
  static func request(_ source: GraphSource, catalog: PluginCatalog, rate: Int, nodes: Set<String>) -> [UInt8] {
    let defects = catalog.probe?.defects(of: catalog.files) ?? [:]
    let json: JSONValue = [
      "source": source.json, "rate": .integer(rate), "nodes": .texts(nodes.sorted()),
      "search_path": .texts(catalog.searchPath),
      "defects": .object(defects.mapValues { .text($0) }),
    ]
    return json.json
  }

  /// The child's side.
  public static func answer(_ request: [UInt8], _ child: ProbeChild) {
    guard let json = try? JSONValue(parsing: request), let source = json["source"].flatMap({ GraphSource($0) }),
      let rate = json["rate"]?.integer
    else { return }
    let texts = { (name: String) in (json[name]?.array ?? []).compactMap(\.text) }
    let defects = (json["defects"]?.object ?? [:]).compactMapValues(\.text)
    let catalog = PluginCatalog(
      searchPath: texts("search_path"), probe: PluginProbe(refusing: defects), index: .standard)
    guard let graph = try? source.load(catalog).graph else { return }
    let nodes = Set(texts("nodes"))
    run(graph, rate: Int(rate), child) { nodes.contains($0.name) }
  }

  /// The nodes of a graph that a swap creates, as far as known beforehand: those that differ, and all nodes after them.
  static func changed(_ next: Graph, from running: Graph) -> Set<String> {
    var names: Set<String> = []
    for node in next.nodes {
      let before = running.nodes.first { $0.name == node.name }
      if before.map({ $0.isSame(as: node) }) ?? false { continue }
      names.insert(node.name)
    }
    while true {
      let more = next.links.filter { names.contains(next.nodes[$0.from.node].name) }.map { next.nodes[$0.to.node].name }
      if names.isSuperset(of: more) { return names }
      names.formUnion(more)
    }
  }
}

extension Graph.Node {
  fileprivate func isSame(as other: Graph.Node) -> Bool {
    nodeClass === other.nodeClass
      && nodeClass.parameters.allSatisfy { argument($0.name)?.value == other.argument($0.name)?.value }
  }
}

/// Counts the calls of one child. Use it from one thread.
private final class StepCounter: @unchecked Sendable {
  private var step = -1
  func next() -> Int {
    step += 1
    return step
  }
}

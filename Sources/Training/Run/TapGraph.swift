import CNodeABI
import DetectorHost
import GraphEngine
import GraphText
import NodeHost

extension Graph {
  /// The node of that name, which must be a detector.
  ///
  /// - Throws: `TrainingError` that names the detectors.
  public func detector(_ name: String?) throws -> Graph.Node {
    let detectors = nodes.filter { $0.nodeClass.traits.contains(.detector) }
    let names = detectors.map { "'\($0.name)' (\($0.nodeClass.name))" }.joined(separator: ", ")
    guard let name else {
      // If a detector has a model, detectors that learn while they run need no training, and no threshold.
      let trainable = detectors.filter { $0.nodeClass.traits.contains(.trainable) }
      if trainable.count == 1 { return trainable[0] }
      guard detectors.count == 1 else {
        throw TrainingError(
          detectors.isEmpty
            ? "the graph '\(self.name)' has no detector"
            : "the graph '\(self.name)' has several detectors (\(names)); "
              + "say which with --node")
      }
      return detectors[0]
    }
    guard let node = nodes.first(where: { $0.name == name }) else {
      let hint = nearest(name, among: nodes.map(\.name)).map { "; did you mean '\($0)'?" } ?? ""
      throw TrainingError("the graph '\(self.name)' has no node '\(name)'\(hint)")
    }
    guard detectors.contains(where: { $0.name == name }) else {
      throw TrainingError(
        "node '\(name)' (\(node.nodeClass.name)) is not a detector" + (names.isEmpty ? "" : "; there is \(names)"))
    }
    return node
  }

  /// The graph up to a node, with a tap in the node's place, which gets exactly the node's input.
  public func tapped(inPlaceOf node: String, _ store: TapStore) -> Graph {
    let target = nodes.firstIndex { $0.name == node }!
    let needed = ancestors(of: target)
    var result = self
    var tap = nodes[target]
    tap.nodeClass = judgeTapClass
    tap.arguments = [store.argument]
    tap.placement = .automatic
    result.nodes = needed.map { nodes[$0] } + [tap]
    let places = Dictionary(uniqueKeysWithValues: (needed + [target]).enumerated().map { ($1, $0) })
    result.links = links.compactMap { link in
      guard let from = places[link.from.node], let to = places[link.to.node] else { return nil }
      // The tap has one input.
      return Link(
        from: .init(node: from, port: link.from.port), to: .init(node: to, port: to == needed.count ? 0 : link.to.port),
        location: link.location)
    }
    return result
  }

  /// The graph up to a node and the alarms that follow it, with taps after the node and the alarms.
  public func tapped(after node: String, scores: TapStore, events: TapStore) -> Graph {
    let target = nodes.firstIndex { $0.name == node }!
    let alarms = alarms(after: node)
    let kept = ancestors(of: target) + [target] + alarms
    var result = self
    result.nodes = kept.map { nodes[$0] }
    let places = Dictionary(uniqueKeysWithValues: kept.enumerated().map { ($1, $0) })
    result.links = links.compactMap { link in
      guard let from = places[link.from.node], let to = places[link.to.node] else { return nil }
      return Link(
        from: .init(node: from, port: link.from.port), to: .init(node: to, port: link.to.port), location: link.location)
    }
    result.attach(scores, named: "auscult-scores", after: places[target]!)
    for alarm in alarms {
      result.attach(events, named: "auscult-events-\(alarm)", after: places[alarm]!)
    }
    return result
  }

  /// Adds a tap after a node's first output.
  public mutating func attach(_ store: TapStore, named name: String, after node: Int) {
    nodes.append(
      Node(
        name: name, nodeClass: tapClass, arguments: [store.argument], placement: .automatic,
        location: nodes[node].location))
    links.append(Link(from: .init(node: node, port: 0), to: .init(node: nodes.count - 1, port: 0), location: nil))
  }

  /// Sets a parameter as the command line does; the class must have it.
  public mutating func set(_ node: Int, _ parameter: String, _ value: ParameterValue) {
    nodes[node].arguments.removeAll { $0.name == parameter }
    nodes[node].arguments.append(Argument(name: parameter, value: value, location: nil))
  }

  /// Gives the channels of the graph's one source these names.
  public mutating func nameMachines(_ names: [String]) {
    let sources = nodes.indices.filter { nodes[$0].nodeClass.name == "source" }
    guard sources.count == 1 else { return }
    set(sources[0], "machines", names.count == 1 ? .text(names[0]) : .list(names.map { .text($0) }))
  }

  /// The graph for recordings of one machine each: its one source has one channel. Thresholds by machine are left out.
  public var withOneChannel: Graph {
    var graph = self
    guard let source = graph.nodes.firstIndex(where: { $0.nodeClass.name == "source" }) else { return graph }
    for name in ["channels", "machines", "connect"] { graph.nodes[source].arguments.removeAll { $0.name == name } }
    graph.set(source, "channels", .number(1, unit: AUSCULT_UNIT_NONE, text: "1"))
    for index in graph.nodes.indices {
      graph.nodes[index].arguments.removeAll { argument in
        if case .map = argument.value { argument.name == "threshold" } else { false }
      }
    }
    return graph
  }

  /// The machines that a detector judges, by channel, in a run at this rate.
  ///
  /// - Throws: `DiagnosticsError`
  public func machines(at node: String, rate: Int) throws -> [String] {
    // Without the outputs: a run that writes them holds them.
    try Engine(graph: tapped(inPlaceOf: node, TapStore(sharesRows: true))).input(of: node, rate: rate).machines
  }

  /// Whether audio is resampled before a node, so that the node gets the same from recordings of any rate.
  public func isResampled(before node: String) -> Bool {
    guard let place = nodes.firstIndex(where: { $0.name == node }) else { return false }
    return ancestors(of: place).contains { nodes[$0].nodeClass.name == "resample" }
  }

  /// Nodes that a node gets input from, directly or not, in the order of the file.
  func ancestors(of node: Int) -> [Int] {
    var needed: Set<Int> = []
    var waiting = links.filter { $0.to.node == node }.map(\.from.node)
    while let next = waiting.popLast() {
      if needed.insert(next).inserted { waiting += links.filter { $0.to.node == next }.map(\.from.node) }
    }
    return needed.sorted()
  }
}

extension TapStore {
  var argument: Graph.Argument { Graph.Argument(name: "store", value: .text(name), location: nil) }
}

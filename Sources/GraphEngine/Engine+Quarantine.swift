import NodeLife
import RealtimeCore

/// Nodes that are quarantined while the graph runs.
extension Engine {
  /// Why the node of this name failed last; nil: it never did. Thread: any.
  public func failure(of node: String) -> String? { services.failures[node] }

  /// The present nodes of the graph that are quarantined. Not during a swap, in which two nodes may have one name.
  /// Thread: control.
  public var quarantinedNodes: [String] {
    schedule?.graphNodes.filter { $0.runtime.state.hasFailed }.map(\.name) ?? []
  }

  /// Quarantines a node that runs, as if it had failed by itself. Nothing happens during a swap, or if the node has
  /// failed already. Thread: control.
  ///
  /// - Parameter reason: "overran its budget", in words that follow the node's name.
  public func quarantine(_ name: String, because reason: String) {
    guard !isSwapping, let node = schedule?.graphNodes.first(where: { $0.name == name }),
      !node.runtime.state.hasFailed
    else { return }
    if let worker = node.runtime.worker { worker.fail() } else { node.runtime.state.hasFailed = true }
    nodeFailed(name, reason)
  }

  /// Whether the time of each node on the realtime thread is measured, which costs it two looks at a clock per node and
  /// cycle. Setting it does nothing during a swap, or while a worker is in a long call: try again later.
  /// Thread: control.
  public var measuresRealtimeNodes: Bool {
    get { options.isMeasured }
    set {
      guard newValue != options.isMeasured, !isSwapping, schedule != nil else { return }
      options.isMeasured = newValue
      if !reinstall() { options.isMeasured = !newValue }
    }
  }

  /// The longest call of each node since the last look, in nanoseconds; nodes whose time is not measured are missing.
  /// Thread: control.
  public func takeLongestCalls() -> [String: Int64] {
    var longest: [String: Int64] = [:]
    for node in schedule?.graphNodes ?? [] {
      let time = node.runtime.state.takeLongest()
      if time > 0 { longest[node.name] = max(longest[node.name] ?? 0, time) }
    }
    return longest
  }
}

extension Graph {
  /// The nodes that a return of one renews where they have failed: itself, the nodes that hear it, and all that they or
  /// it hear, without which they would yield nothing. A sink needs none of its inputs.
  public func renewed(with name: String) -> Set<String> {
    guard let node = nodes.firstIndex(where: { $0.name == name }) else { return [name] }
    let after = reached(from: [node]) { link in (link.from.node, link.to.node) }
    let before = reached(from: after.filter { $0 == node || !nodes[$0].nodeClass.traits.contains(.sink) }) { link in
      (link.to.node, link.from.node)
    }
    return Set(after.union(before).map { nodes[$0].name })
  }

  private func reached(from start: Set<Int>, _ ends: (Graph.Link) -> (Int, Int)) -> Set<Int> {
    var found = start
    var open = Array(start)
    while let place = open.popLast() {
      for (from, to) in links.map(ends) where from == place && found.insert(to).inserted { open.append(to) }
    }
    return found
  }
}

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
  /// cycle. Setting it does nothing during a swap, or while a worker is in a long call: try again later. Thread: control.
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

extension SwapRun {
  /// Records what is missing between a node that failed and the one that takes over from it: a gap of cause `node`, from
  /// the end of the gap in its stream to the exchange.
  func recordMissing(of node: LinkedRuntime, through position: Int64) {
    guard node.runtime.state.hasFailed, let begin = missingFrom(node.runtime), begin < position else { return }
    engine.note(.missing(at: node.name, begin: begin, end: position))
  }

  private func missingFrom(_ runtime: NodeRuntime) -> Int64? {
    if let absence = runtime.worker?.absence { return absence.missingFrom.min() }
    let step = transition.step(runtime)
    return (0..<step.pointee.outputCount).map { step.pointee.outputs[$0].missingFrom }.min()
  }
}

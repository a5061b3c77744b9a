import NodeLife

extension SwapRun {
  /// Records what is missing between a node that failed and the one that takes over from it: a gap of cause `node`,
  /// from the end of the gap in its stream to the exchange; for a sink, what it has not written. A sink that plays
  /// sound has played silence.
  func recordMissing(of node: LinkedRuntime, through position: Int64) {
    guard node.runtime.state.hasFailed, let begin = missingFrom(node.runtime), begin < position else { return }
    engine.note(.missing(at: node.name, begin: begin, end: position))
  }

  private func missingFrom(_ runtime: NodeRuntime) -> Int64? {
    let step = transition.step(runtime)
    if step.pointee.outputCount == 0 { return runtime.worker?.heardBefore }
    if let absence = runtime.worker?.absence { return absence.missingFrom.min() }
    return (0..<step.pointee.outputCount).map { step.pointee.outputs[$0].missingFrom }.min()
  }
}

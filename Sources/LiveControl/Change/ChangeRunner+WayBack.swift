import GraphEngine

/// `rollback`, `promote` and `discard`, which end or undo an earlier change.
extension ChangeRunner {
  /// `discard` also gives up a change whose new nodes do not judge yet.
  func endShadow(_ request: ChangeRequest) {
    let stages: [SwapStatus.Stage] = request.kind == .promote ? [.shadowing] : [.shadowing, .warming]
    guard engine.isSwapping, let status = engine.swapStatus, stages.contains(status.stage) else {
      return fail(.noCandidate)
    }
    active?.record.plan = status.plan
    if request.isDryRun { return finish() }
    if request.kind == .promote { engine.promote() } else { engine.endSwap() }
    publishWarming()
  }

  /// While the old nodes stand by, they take over again; later the previous graph is applied again.
  func rollBack(_ request: ChangeRequest) {
    guard engine.isSwapping else {
      guard let previous = history.previous else { return fail(.noPreviousGraph) }
      return tryOut(previous.graph, from: previous.source, request)
    }
    active?.returnsToStandby = true
    active?.record.plan = engine.swapStatus?.plan.reversed(to: history.replaced)
    if request.isDryRun { return finish() }
    _ = try? engine.rollback()
    publishWarming()
  }
}

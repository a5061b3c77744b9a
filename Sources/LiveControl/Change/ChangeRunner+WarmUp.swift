import GraphEngine

/// A swap from its beginning to its exchange, and the return if it fails.
extension ChangeRunner {
  /// How long other changes wait for new nodes that do not judge yet.
  private static let patience = Duration.seconds(10)

  /// Updates the record of the active change.
  func follow() {
    guard let active, active.record.state == .warming, let status = engine.swapStatus else { return }
    self.active?.record.swap = status
    switch status.stage {
    case .warming, .exchanging: return publish()
    case .shadowing where active.request.kind != .shadow: return publish()
    case .retiring where status.position == nil || status.reason != nil: return publish()
    default: break
    }
    switch active.request.kind {
    case .discard,
      .rollback where active.returnsToStandby:
      followReturn(active.request, status)
    default: if let reason = status.reason { fail(.swapEnded(reason: reason)) } else { finish() }
    }
  }

  private func followReturn(_ request: ChangeRequest, _ status: SwapStatus) {
    guard !engine.isSwapping else { return publish() }
    // The old nodes are gone: the previous graph is applied again.
    if request.kind == .rollback && status.stage == .done {
      active?.returnsToStandby = false
      return begin(request)
    }
    finish()
  }

  /// The time until new nodes judge is unknown. `rollback` and `discard` do not wait for it: they give the change up. Other
  /// changes fail after `patience`.
  func limitWarmUp() {
    queue.failAbandoned()
    guard let active, active.record.state == .warming, let began = active.warmUpBegan,
      engine.swapStatus?.stage == .warming
    else { return }
    if let (id, request) = queue.takeFirst(where: { $0.givesUpWarmUp && !$0.isDryRun }) {
      return giveUpWarmUp(id, request)
    }
    let elapsed = now() - began
    guard elapsed > Self.patience else { return }
    let problem = ChangeProblem.waitedTooLong(request: active.request.words, seconds: elapsed.components.seconds)
    for (request, record) in queue.failWaiting(problem, where: { !$0.givesUpWarmUp }) { ended(request, record) }
  }

  /// The request is done at once; the change that it gives up fails as soon as the swap has ended.
  private func giveUpWarmUp(_ id: Int, _ request: ChangeRequest) {
    engine.endSwap()
    var record = ChangeRecord()
    record.rate = rate
    record.state = .done
    record.plan = engine.swapStatus?.plan.reversed(to: history.replaced)
    record.notes = [.gaveUpWarmUp]
    queue.update(record, id)
    ended(request, record)
  }
}

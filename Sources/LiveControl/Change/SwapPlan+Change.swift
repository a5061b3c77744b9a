import GraphEngine

/// What a change says of its plan beside what the engine does.
extension SwapPlan {
  /// With what becomes of a failure behind the exchange.
  func sayingTakeBack(_ options: SwapOptions) -> SwapPlan {
    var plan = self
    if let text = takeBack(probation: options.probation) { plan.notes.append(text) }
    return plan
  }

  /// What happens to the nodes when their change is taken back while the old ones still stand by.
  ///
  /// - Parameter before: the graph that was.
  func reversed(to before: Graph?) -> SwapPlan {
    var plan = self
    plan.changes = changes.map { change in
      var change = change
      change.warmUp = 0
      switch change.action {
      case .kept: break
      case .retuned: change.reason = "as it was"
      case .added: change.action = .removed
      case .rewarmed, .removed:
        change.action = .kept
        change.reason = "the one before takes over again"
        change.className = before?.nodes.first { $0.name == change.node }?.nodeClass.name ?? change.className
      }
      return change
    }
    return plan
  }
}

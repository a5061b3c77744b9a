import GraphEngine

/// What a change adds to the engine's plan.
extension SwapPlan {
  /// With a note that says what happens when a node fails after the exchange.
  func sayingTakeBack(_ options: SwapOptions) -> SwapPlan {
    var plan = self
    if let text = takeBack(probation: options.probation) { plan.notes.append(text) }
    return plan
  }

  /// What happens to the nodes when the swap is undone while the old ones still stand by.
  ///
  /// - Parameter before: the previous graph.
  func reversed(to before: Graph?) -> SwapPlan {
    var plan = self
    plan.changes = changes.map { change in
      var change = change
      change.warmUp = 0
      switch change.action {
      case .kept: break
      case .retuned: change.reason = "previous value"
      case .added: change.action = .removed
      case .rewarmed, .removed:
        change.action = .kept
        change.reason = "the previous node takes over again"
        change.className = before?.nodes.first { $0.name == change.node }?.nodeClass.name ?? change.className
      }
      return change
    }
    return plan
  }
}

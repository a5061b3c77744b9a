import GraphEngine
import RunControl

extension SwapPlan {
  var json: JSONValue {
    [
      "nodes": .array(changes.map(\.json)), "notes": .texts(notes), "changes": .boolean(!isEmpty),
    ]
  }

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

  /// "judge re-warmed, log kept": the nodes by what happens to them.
  var words: String {
    let actions = [NodeChange.Action.retuned, .rewarmed, .added, .removed]
    let parts = actions.compactMap { action -> String? in
      let names = changes.filter { $0.action == action }.map(\.node)
      return names.isEmpty ? nil : "\(names.joined(separator: ", ")) \(action.rawValue)"
    }
    return parts.isEmpty ? "all nodes kept" : parts.joined(separator: "; ")
  }
}

extension NodeChange {
  var json: JSONValue {
    [
      "node": .text(node), "class": .text(className), "action": .text(action.rawValue), "reason": .text(reason),
      "warm_up_frames": .integer(warmUp),
    ]
  }
}

extension SwapStatus {
  var json: JSONValue {
    .members([
      "stage": .text(stage.rawValue), "generation": .integer(generation),
      "exchange_position": position.map { .integer($0) },
      "heard_from": heardFrom.map { .integer($0) }, "return_position": returnPosition.map { .integer($0) },
      "return_generation": returnGeneration.map { .integer($0) },
      "phases": .array(phases.map { ["name": .text($0.name), "milliseconds": .number($0.milliseconds)] }),
      "reason": reason.map { .text($0) }, "shadow": shadow?.json,
    ])
  }
}

extension ShadowReport {
  var json: JSONValue {
    .members([
      "present": present.json, "candidate": candidate.json, "compared": .integer(compared),
      "agreeing": .integer(agreeing), "agreement": agreement.map { .number($0) }, "dropped_tokens": .integer(dropped),
    ])
  }
}

extension ShadowReport.Scores {
  var json: JSONValue {
    .members([
      "node": .text(node), "scores": .integer(count), "anomalous": .integer(anomalous), "alarms": .integer(alarms),
      "mean": count > 0 ? .number(mean) : nil, "deviation": count > 0 ? .number(deviation) : nil,
      "least": count > 0 ? .number(least) : nil, "most": count > 0 ? .number(most) : nil,
      "percentiles": percentiles.map { .array($0.map { .number($0) }) },
      "nanoseconds_per_token": nanosecondsPerToken.map { .number($0) },
    ])
  }
}

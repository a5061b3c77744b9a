import GraphEngine
import RunControl

extension SwapPlan {
  var json: JSONValue {
    [
      "nodes": .array(changes.map(\.json)), "notes": .texts(notes), "changes": .boolean(!isEmpty),
    ]
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
      "stage": .text(stage.rawValue), "generation": .integer(generation), "position": position.map { .integer($0) },
      "heard_from": heardFrom.map { .integer($0) }, "return_position": returnPosition.map { .integer($0) },
      "phases": .array(phases.map { ["name": .text($0.name), "milliseconds": .number($0.milliseconds)] }),
      "reason": reason.map { .text($0) }, "shadow": shadow?.json,
    ])
  }
}

extension ShadowReport {
  var json: JSONValue {
    .members([
      "compared": .integer(compared), "agreeing": .integer(agreeing), "agreement": agreement.map { .number($0) },
      "dropped_tokens": .integer(dropped), "present": present.json, "candidate": candidate.json,
    ])
  }
}

extension ShadowReport.Scores {
  var json: JSONValue {
    let isEmpty = count == 0
    return .members([
      "node": .text(node), "scores": .integer(count), "anomalous": .integer(anomalous), "alarms": .integer(alarms),
      "mean": isEmpty ? nil : .number(mean), "deviation": isEmpty ? nil : .number(deviation),
      "least": isEmpty ? nil : .number(least), "most": isEmpty ? nil : .number(most),
      "percentiles": percentiles.map { .array($0.map { .number($0) }) },
      "nanoseconds_per_token": nanosecondsPerToken.map { .number($0) },
    ])
  }
}

import GraphEngine
import RunControl

extension SwapPlan {
  var json: JSONValue {
    [
      "nodes": .array(changes.map(\.json)), "notes": .texts(notes), "changes": .boolean(!isEmpty),
    ]
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
  public var json: JSONValue {
    .members([
      "stage": .text(stage.rawValue), "generation": .integer(generation),
      "exchange_position": position.map { .integer($0) },
      "heard_from": inputBegin.map { .integer($0) }, "return_position": returnPosition.map { .integer($0) },
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

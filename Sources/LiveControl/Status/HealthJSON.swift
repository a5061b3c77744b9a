import Glibc
import GraphEngine
import RunControl

extension MachineHealth {
  /// Part of the answer of `status`.
  public var json: JSONValue {
    .members([
      "machine": .text(machine), "health": .text(state.rawValue), "cause": cause.map { .text($0.name.description) },
      "failed_nodes": facts.failed.isEmpty ? nil : .texts(facts.failed),
      "level": facts.input.map { input in
        [
          "peak_dbfs": decibels(input.peak), "rms_dbfs": decibels(input.rms),
          "heard_position": .integer(input.sounding),
        ]
      }, "scores": .array(facts.scores.map { json($0) }), "alarms": .array(facts.alarms.map(\.json)),
      "remarks": facts.remarks.isEmpty ? nil : .array(facts.remarks.map(\.json)),
    ])
  }

  private func json(_ score: Score) -> JSONValue {
    guard let end = score.end else {
      return .members(["node": .text(score.node), "learned_position": score.learned.map { .integer($0) }])
    }
    return [
      "node": .text(score.node), "score": .number(score.score), "threshold": .number(score.threshold),
      "anomalous": .boolean(score.score > score.threshold && !score.isSilent), "end": .integer(end),
      "age_seconds": .number((facts.age(end) * 1000).rounded() / 1000),
    ]
  }

  /// Null: digital silence.
  private func decibels(_ factor: Float) -> JSONValue {
    guard factor > 1e-10, factor.isFinite else { return .null }
    return .number((20 * log10(Double(factor)) * 10).rounded() / 10)
  }
}

extension Remark {
  fileprivate var json: JSONValue { ["node": .text(node), "topic": .text(topic), "text": .text(text)] }
}

extension MachineHealth.Alarm {
  fileprivate var json: JSONValue {
    .members([
      "node": .text(node), "state": .text(raised == nil ? "clear" : "raised"), "since": raised.map { .integer($0) },
      "inhibited_since": inhibited.map { .integer($0) }, "deaf_since": deaf.map { .integer($0) },
      "deaf_cause": cause.map { .text($0.name.description) },
    ])
  }
}

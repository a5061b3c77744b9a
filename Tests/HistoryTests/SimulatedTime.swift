import Database
import Foundation
import History
import JSONText
import Records

/// Days of scores, as lines of `sink.jsonl` and as rows.
enum SimulatedTime {
  /// 2024-11-01T00:00:00Z
  static let begin: Int64 = 1_730_419_200_000_000_000
  static let rate = 1000

  static func row(
    second: Double, score: Double, machine: String = "pump-2", threshold: Double = 10, model: String? = nil
  ) -> HistoryRow {
    var row = HistoryRow(kind: "score")
    (row.graph, row.node, row.machine, row.channel) = ("plant", "judge", machine, 0)
    row.span = Span(begin: Int64(second * Double(rate)), end: Int64((second + 1) * Double(rate)))
    row.rate = rate
    row.time = begin + Int64((second + 1) * 1e9)
    (row.score, row.threshold, row.isAnomalous, row.model) = (score, threshold, score > threshold, model)
    return row
  }

  /// A line of `sink.jsonl`.
  static func line(
    second: Double, score: Double, machine: String = "pump-2", threshold: Double = 10, kind: String = "score",
    state: String? = nil, id: String? = nil, seconds: Double = 1
  ) -> String {
    let row = row(second: second + seconds - 1, score: score, machine: machine)
    var members: [String: JSONValue] = [
      "kind": .text(kind), "graph": "plant", "node": .text(kind == "score" ? "judge" : "alarm"), "channel": 0,
      "machine": .text(machine), "begin": .integer(Int64(second * Double(rate))), "end": .integer(row.span.end),
      "rate": .integer(Int64(rate)), "time": .text(wallTimeText(row.time!)), "score": .number(score),
      "threshold": .number(threshold),
    ]
    if kind == "score" { members["anomalous"] = .boolean(score > threshold) }
    if let state { members["state"] = .text(state) }
    if let id { members["id"] = .text(id) }
    return String(decoding: JSONValue.object(members).json, as: UTF8.self)
  }
}

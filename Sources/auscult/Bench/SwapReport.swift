import GraphEngine
import LiveControl
import RunControl

/// How long cycles took while a graph changed, for people and for programs.
struct SwapReport {
  let result: SwapMeasurement.Result
  let graph: String
  let rate: Int
  let period: Int

  /// Nanoseconds of a period.
  private var limit: Double { Double(period) * 1e9 / Double(rate) }

  private var rows: [(name: String, key: String, count: Int, times: CycleQuantiles)] {
    [
      ("all cycles", "all", result.all, \.processor),
      ("while the graph changes", "changing", result.during, \.processor),
      ("between changes", "between", result.between, \.processor),
      ("all, elapsed time", "elapsed", result.all, \.elapsed),
    ].map { (name: String, key: String, cycles: [CycleTime], time: KeyPath<CycleTime, Int64>) in
      (name, key, cycles.count, CycleQuantiles(of: cycles.map { $0[keyPath: time] }))
    }
  }

  var text: String {
    var table = Table([
      ("share of the period", .left), ("cycles", .right), ("half", .right), ("99 %", .right), ("99.9 %", .right),
      ("99.99 %", .right), ("longest", .right),
    ])
    for row in rows where row.count > 0 {
      let times = row.times
      table.add(
        [row.name, "\(row.count)"]
          + [times.median, times.p99, times.p999, times.p9999, times.longest].map { percent($0) })
    }
    return """
      '\(graph)' at \(rate) Hz, \(Quantity.count(period, "frame")) a cycle: \
      \(Quantity.seconds(Double(result.all.count * period) / Double(rate))) of noise, \
      \(Quantity.count(result.done, "change")), \(result.rolledBack) given up
      \(table.text)

      Processor time of the realtime thread's part of each cycle; elapsed time also has what other programs took.
      """
  }

  private func percent(_ nanoseconds: Int64) -> String { "\(Quantity.fixed(100 * Double(nanoseconds) / limit, 2)) %" }

  var json: JSONValue {
    let figures = rows.map { row -> (String, JSONValue) in
      (
        row.key,
        [
          "cycles": .integer(row.count), "p50_ns": .integer(row.times.median), "p99_ns": .integer(row.times.p99),
          "p999_ns": .integer(row.times.p999), "p9999_ns": .integer(row.times.p9999),
          "max_ns": .integer(row.times.longest), "p9999_of_period": .number(Double(row.times.p9999) / limit),
        ]
      )
    }
    return .object(
      [
        "graph": .text(graph), "rate": .integer(rate), "period": .integer(period), "period_ns": .number(limit),
        "changes": .integer(result.done), "given_up": .integer(result.rolledBack),
      ].merging(figures) { first, _ in first })
  }
}

import Figures
import GraphText
import History
import JSONText
import LiveControl
import RunControl

/// A machine's trend in words, as JSON and as a panel of a figure.
struct TrendText {
  let trend: MachineTrend
  let drift: Drift

  init(_ trend: MachineTrend) {
    self.trend = trend
    drift = Drift(trend)
  }

  /// "the median of pump-2 has risen by 40 % of its distance to the threshold in 9 days".
  var sentence: String {
    let name = "the median of \(trend.machine.shown)"
    let days = Quantity.count(drift.days, "day")
    switch drift.verdict {
    case .unknown:
      return "\(name) is known of \(Quantity.count(trend.days.count, "day")): a trend needs \(Drift.leastDays)"
    case .steady: return "\(name) is steady over \(days)"
    case .beyond: return "\(name) lies above the threshold"
    case .rising, .falling:
      let verb = drift.verdict == .rising ? "risen" : "fallen"
      guard let share = drift.share else {
        return "\(name) has \(verb) from \(Quantity.short(drift.from)) to \(Quantity.short(drift.to)) in \(days)"
      }
      let percent = Quantity.fixed(abs(share) * 100, 0)
      let left = drift.daysLeft.map {
        $0 < 1000 ? "; at this rate it reaches it in \(Quantity.count(Int($0.rounded(.up)), "day"))" : ""
      }
      return "\(name) has \(verb) by \(percent) % of its distance to the threshold in \(days)\(left ?? "")"
    }
  }

  static let headings: [(String, Table.Alignment)] = [
    ("machine", .left), ("node", .left), ("days", .right), ("from", .left), ("to", .left), ("scores", .right),
    ("first median", .right), ("last median", .right), ("95 % below", .right), ("threshold", .right),
  ]

  var cells: [String] {
    guard let first = trend.days.first, let last = trend.days.last else { return [] }
    return [
      trend.machine, trend.node, "\(trend.days.count)", first.day, last.day,
      "\(trend.days.reduce(0) { $0 + $1.count })", Quantity.short(first.median), Quantity.short(last.median),
      Quantity.short(last.high), last.threshold.map { Quantity.short($0) } ?? "",
    ]
  }

  var json: JSONValue {
    .members([
      "machine": .text(trend.machine), "node": .text(trend.node), "model": trend.model.map { .text($0) },
      "verdict": .text(drift.verdict.rawValue), "text": .text(sentence), "span_days": .integer(drift.days),
      "from": .number(drift.from), "to": .number(drift.to), "threshold": drift.threshold.map { .number($0) },
      "share": drift.share.map { .number($0) }, "days_left": drift.daysLeft.map { .number($0) },
      "other_model_until": trend.modelSince.map { .text($0) },
      "days": .array(
        trend.days.map { day in
          .members([
            "day": .text(day.day), "count": .integer(day.count), "low": .number(day.low),
            "median": .number(day.median), "high": .number(day.high), "threshold": day.threshold.map { .number($0) },
          ])
        }),
    ])
  }

  /// The words of the figure of these panels.
  static func words(_ trends: some Sequence<TrendText>) -> FigureWords {
    FigureWords(
      title: "Scores of each day",
      text:
        "A panel for each machine: the median of each day's scores, 90 % of them as a shaded band, and the threshold "
        + "as a dashed line.",
      axes: "Across: days, UTC. Up: score, in the detector's own scale.",
      values: trends.map { $0.sentence + "." }.joined(separator: " "))
  }

  /// The quantiles of each day, with the threshold.
  var panel: String {
    let rows = trend.days.map { day in
      [Double(day.number) * 86400 + 43200, day.low, day.median, day.high, day.threshold ?? .nan]
    }
    let (begin, end) = ((rows.first?[0] ?? 0) - 43200, (rows.last?[0] ?? 0) + 43200)
    return """
      \(Gnuplot.data("days", rows))
      \(Gnuplot.title("Scores of each day: median, and 90 % of the scores", "\(trend.machine) (\(trend.node))"))
      \(Gnuplot.timeAxis(begin, end))
      set ylabel 'score'; set key outside top right horizontal
      plot $days using 1:2:4 with filledcurves fc rgb '\(Gnuplot.normal)' fs transparent solid 0.2 noborder \
      title '90 %', \
      '' using 1:3 with linespoints pt 7 ps 0.4 lw 1.5 lc rgb '\(Gnuplot.normal)' title 'median', \
      '' using 1:5 with lines lw 2 dt 2 lc rgb 'black' title 'threshold'
      """
  }
}

import Database
import Figures
import History

/// The worst scores of each machine over time, with the threshold and the alarms.
struct HistoryPlot {
  private struct Series {
    var node: String
    /// Seconds since the Unix epoch, score, threshold.
    var rows: [[Double]] = []
  }

  /// More panels would not fit on a page.
  private static let mostMachines = 32
  /// Points in a panel.
  private static let points = 800
  private static let widths = [1.0, 2, 5, 10, 30, 60, 120, 300, 600, 1800, 3600, 7200, 21600, 86400]

  private let reader: HistoryReader
  private let filter: HistoryFilter

  init(_ reader: HistoryReader, _ filter: HistoryFilter) {
    self.reader = reader
    self.filter = filter
  }

  /// The scores of one detector of a machine.
  struct Panel {
    /// For gnuplot.
    var script: String
    var machine: String
    var node: String
    var highest: Double
    var alarms: Int
  }

  /// Of a panel, in pixels.
  static let height = 300

  /// - Returns: false: there are no scores.
  func draw(into file: FigureFile) throws -> Bool {
    let panels = try panels()
    guard !panels.isEmpty else { return false }
    try file.draw(panels.map(\.script), Self.words(panels), height: Self.height)
    return true
  }

  static func words(_ panels: [Panel]) -> FigureWords {
    let values = panels.map { panel in
      "\(panel.machine) (\(panel.node)): highest score \(Quantity.short(panel.highest)), "
        + "\(Quantity.count(panel.alarms, "alarm"))."
    }
    return FigureWords(
      title: "Scores over time",
      text:
        "A panel for each detector of a machine: the worst score of each stretch of time, the threshold as a dashed "
        + "line, and alarms as shaded stretches.",
      axes: "Across: time, UTC. Up: score, in the detector's own scale.", values: values.joined(separator: " "))
  }

  /// One for each detector of each machine that has scores.
  func panels() throws -> [Panel] {
    let machines = try wording { () throws(DatabaseProblem) in
      filter.machines.isEmpty ? try reader.machines() : filter.machines
    }
    guard machines.count <= Self.mostMachines else {
      throw Failure(
        "\(machines.count) machines do not fit into one figure",
        advice: "choose up to \(Self.mostMachines) by --machine")
    }
    return try machines.flatMap { try self.panels($0) }
  }

  private func panels(_ machine: String) throws -> [Panel] {
    let known = try wording { () throws(DatabaseProblem) in try reader.range(of: machine) }
    guard let known else { return [] }
    let (begin, end) = (filter.since ?? known.first, filter.until ?? known.last)
    guard begin < end else { return [] }
    // As integers, the difference of two times may be too large.
    let span = (Double(end) - Double(begin)) / 1e9
    let width = Self.widths.first { span / $0 <= Double(Self.points) } ?? (span / Double(Self.points)).rounded(.up)
    let range = (Double(begin) / 1e9, Double(end) / 1e9)
    let alarms = try alarms(machine, range)
    return try series(machine, width).map { series in
      Panel(
        script: script(series, machine, range, width, alarms), machine: machine, node: series.node,
        highest: series.rows.map { $0[1] }.filter(\.isFinite).max() ?? 0, alarms: alarms.count)
    }
  }

  private func series(_ machine: String, _ width: Double) throws -> [Series] {
    var filter = filter
    (filter.machines, filter.kinds, filter.every) = ([machine], ["score"], width)
    var series: [Series] = []
    try reader.rows(filter, wording: Failure.wording) { row in
      guard let time = row.time, let score = row.score else { return }
      let index = series.firstIndex { $0.node == row.node } ?? series.count
      if index == series.count { series.append(Series(node: row.node)) }
      let middle = Double(time) / 1e9 + width / 2
      // A line does not cross a time without scores.
      if let last = series[index].rows.last, middle - last[0] > 2.5 * width {
        series[index].rows.append([last[0] + width, .nan, .nan])
      }
      series[index].rows.append([middle, score, row.threshold ?? .nan])
    }
    return series
  }

  /// From raised to cleared.
  private func alarms(_ machine: String, _ range: (Double, Double)) throws -> [(Double, Double)] {
    var filter = filter
    (filter.machines, filter.kinds) = ([machine], ["alarm"])
    var spans: [String: (Double, Double)] = [:]
    try reader.rows(filter, wording: Failure.wording) { row in
      guard let time = row.time, let state = row.state, let id = row.id else { return }
      guard ["raised", "repeated", "cleared", "open"].contains(state) else { return }
      let end = Double(time) / 1e9
      let begin = end - Double(row.span.end - row.span.begin) / Double(max(row.rate, 1))
      let isOver = state == "cleared" || state == "open"
      spans[id] = (min(begin, spans[id]?.0 ?? begin), isOver ? end : range.1)
    }
    return spans.values.sorted { $0 < $1 }
  }

  private func script(
    _ series: Series, _ machine: String, _ range: (Double, Double), _ width: Double, _ alarms: [(Double, Double)]
  ) -> String {
    let objects = alarms.suffix(500).enumerated().map { index, alarm in
      "set object \(index + 1) rect from \(max(alarm.0, range.0)), graph 0 to \(min(alarm.1, range.1)), graph 1 behind "
        + "fc rgb '\(Gnuplot.shade)' fs transparent solid 0.35 noborder"
    }
    return """
      \(Gnuplot.data("scores", series.rows))
      \(objects.joined(separator: "\n"))
      \(Gnuplot.title("Worst score in \(Quantity.seconds(width))", "\(machine) (\(series.node))"))
      \(Gnuplot.timeAxis(range.0, range.1))
      set ylabel 'score'; set key outside top right horizontal
      plot $scores using 1:2 with linespoints pt 7 ps 0.25 lw 1.3 lc rgb '\(Gnuplot.normal)' title 'score', \\
      '' using 1:3 with lines lw 2 dt 2 lc rgb 'black' title 'threshold', \\
      NaN with boxes lc rgb '\(Gnuplot.shade)' title 'alarm'
      """
  }

  private func wording<T>(_ body: () throws(DatabaseProblem) -> T) throws -> T {
    do throws(DatabaseProblem) { return try body() } catch { throw Failure.wording(error) }
  }
}

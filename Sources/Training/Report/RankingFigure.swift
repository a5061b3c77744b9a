import Figures
import TextEscapes

/// The ROC curve of each machine's tokens, with the point of the threshold.
struct RankingFigure {
  let machines: ReportMachines
  let gnuplot: Gnuplot

  static let colours = ["#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9"]
  /// Number of points of a drawn curve.
  private static let most = 2000

  private struct Curve {
    var machine: ReportMachines.Machine
    var ranking: Ranking
    /// False positive rate, recall, threshold.
    var rows: [[Double]]
    var point: [Double]
  }

  /// Also written as `roc.csv`: the curves, and in each the point at the threshold.
  func draw() throws {
    let curves = machines.shown.compactMap(curve)
    guard !curves.isEmpty else { return }
    let blocks = curves.enumerated().flatMap { index, curve in
      [Gnuplot.data("roc\(index)", curve.rows), Gnuplot.data("point\(index)", [curve.point])]
    }
    let plots = curves.enumerated().flatMap { index, curve in
      let colour = Self.colours[index % Self.colours.count]
      let name = machines.count > 1 ? "\(curve.machine.name), " : ""
      let title = "\(name)AUC \(rounded(curve.ranking.auc)), pAUC \(rounded(curve.ranking.partialAUC()))"
      return [
        "$roc\(index) using 1:2 with lines lw 2.5 lc rgb '\(colour)' title \(Gnuplot.quoted(title))",
        "$point\(index) using 1:2 with points pt 7 ps 1.6 lc rgb '\(colour)' "
          + (index == 0 ? "title 'at the threshold'" : "notitle"),
      ]
    }
    try gnuplot.draw(
      "roc", width: 560, height: 520,
      """
      \(blocks.joined(separator: "\n"))
      set title 'ROC of the tokens\(machines.note)'
      set xlabel 'share of normal tokens above the threshold'
      set ylabel 'share of anomalous tokens above the threshold'
      set xrange [0:1]; set yrange [0:1.01]; set size ratio 1; set key bottom right
      plot x with lines lw 1 dt 3 lc rgb '#999999' title 'chance', \\
      \(plots.joined(separator: ", \\\n"))
      """)
    try gnuplot.table(
      "roc", "machine,false_positive_rate,recall,threshold,in_use",
      curves.flatMap { curve in
        (curve.rows.map { ($0, false) } + [(curve.point, true)]).map { row, isInUse in
          [CSVText.field(curve.machine.name)] + row.map { $0.isFinite ? "\($0)" : "" } + ["\(isInUse)"]
        }
      })
  }

  /// Nil where all tokens are of one kind.
  private func curve(_ machine: ReportMachines.Machine) -> Curve? {
    let ranking = Ranking(machine.judged)
    let decisions = machine.decisions
    guard ranking.isDefined, let rate = decisions.falsePositiveRate, let recall = decisions.recall else { return nil }
    let step = max(1, ranking.points.count / Self.most)
    // Thinning never removes the step at the threshold.
    let rows = ranking.points.enumerated().filter { index, point in
      index % step == 0 || index + 1 == ranking.points.count
        || point.falsePositives == decisions.falsePositives && point.truePositives == decisions.truePositives
    }.map { _, point in
      [
        Double(point.falsePositives) / Double(ranking.normal), Double(point.truePositives) / Double(ranking.anomalous),
        point.threshold,
      ]
    }
    return Curve(machine: machine, ranking: ranking, rows: rows, point: [rate, recall, machine.threshold])
  }

  private func rounded(_ number: Double?) -> String { number.map { FigureText.fixed($0) } ?? "undefined" }
}

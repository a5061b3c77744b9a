import Figures

/// The learning curves from the model's metadata: loss and accuracy by epoch.
struct CurveFigures {
  let curves: [LearningCurve]
  let gnuplot: Gnuplot

  /// More machines would make the figure unreadable.
  private static let most = 6
  private static let colours = ["#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9"]

  /// Over a decade or more the axis is logarithmic; over less, that would show almost nothing.
  func loss() throws {
    let losses = curves.flatMap { $0[.loss] + $0[.validationLoss] }.compactMap { $0 }
    let isWide = (losses.max() ?? 0) >= 10 * (losses.min() ?? 0)
    try draw("loss", [.loss, .validationLoss], scale: "\(isWide ? "set logscale y; " : "")set format y '%g'")
  }

  func accuracy() throws { try draw("accuracy", [.accuracy, .validationAccuracy], scale: "set yrange [0:1.01]") }

  /// Distance of the axis' marks: whole epochs, 1, 2 or 5 times a power of ten, about ten marks.
  private func tics(_ last: Int) -> Int {
    var step = 1
    while true {
      for factor in [1, 2, 5] where last <= 10 * factor * step { return factor * step }
      step *= 10
    }
  }

  private func draw(_ name: String, _ series: [LearningCurve.Series], scale: String) throws {
    let shown = curves.filter { curve in series.contains { curve.series.contains($0) } }.prefix(Self.most)
    guard !shown.isEmpty else { return }
    let blocks = shown.enumerated().map { index, curve in
      let columns = series.map { curve[$0] }
      return Gnuplot.data(
        "curve\(index)",
        curve.epochs.indices.map { row in [Double(curve.epochs[row].number)] + columns.map { $0[row] ?? .nan } })
    }
    let plots = shown.enumerated().flatMap { index, curve in
      series.enumerated().filter { curve.series.contains($1) }.map { column, series in
        let title = (curve.machine.map { shown.count > 1 ? "\($0), " : "" } ?? "") + series.title
        return "$curve\(index) using 1:\(column + 2) with lines lw 2 dt \(column + 1) lc rgb '\(Self.colours[index])' "
          + "title \(Gnuplot.quoted(title))"
      }
    }
    let bests = shown.enumerated().compactMap { index, curve in
      curve.kept.map {
        "set arrow \(index + 1) from \($0.number), graph 0 to \($0.number), graph 1 nohead lw 1 dt 3 "
          + "lc rgb '\(Self.colours[index])'"
      }
    }
    let left = curves.count > Self.most ? " (\(Self.most) of \(curves.count) machines)" : ""
    try gnuplot.draw(
      name,
      """
      \(blocks.joined(separator: "\n"))
      \(bests.joined(separator: "\n"))
      set title '\(name.prefix(1).uppercased())\(name.dropFirst()) while learning\(left)\(bests.isEmpty ? "" : "; dotted: the epoch that was kept")'
      set xtics 1, \(tics(shown.map { $0.epochs.last?.number ?? 1 }.max() ?? 1)); set xlabel 'epoch'; set ylabel '\(name)'
      \(scale); set key outside top center horizontal
      plot \(plots.joined(separator: ", \\\n"))
      """)
  }
}

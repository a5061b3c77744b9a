import Figures

/// Scores of normal and of anomalous tokens with the threshold, in a panel for each machine.
struct HistogramFigure {
  let machines: ReportMachines
  let gnuplot: Gnuplot

  private static let bins = 50

  func draw() throws {
    let panels = machines.shown.compactMap(panel)
    guard !panels.isEmpty else { return }
    try gnuplot.draw("histogram", panels: panels, columns: min(2, panels.count), panel: (720, 400))
  }

  private func panel(_ machine: ReportMachines.Machine) -> String? {
    let normal = machine.judged.filter { !$0.isAnomalous }.map(\.score)
    let anomalous = machine.judged.filter(\.isAnomalous).map(\.score)
    let all = (normal + anomalous).sorted()
    guard let first = all.first, let last = all.last else { return nil }
    let line = machine.threshold
    // Far outliers, or a threshold far away, would squeeze everything else.
    let reach = quantile(all, 0.99) - first
    let far = max(quantile(all, 0.99) + 0.1 * reach, min(line, last + reach) + 0.05 * abs(min(line, last + reach)))
    let isLineShown = line.isFinite && line <= far && line >= first - reach
    let range = min(first, isLineShown ? line : first)...max(min(last, far), isLineShown ? line.nextUp : first.nextUp)
    let counts = [normal, anomalous].map {
      Histogram($0.map { min($0, range.upperBound) }, bins: Self.bins, range: range)
    }
    let rows = (0..<Self.bins).map { bin in
      [
        counts[0].low + (Double(bin) + 0.5) * counts[0].width, Double(counts[0].counts[bin]),
        Double(counts[1].counts[bin]),
      ]
    }
    let name = machines.title(machine)
    let title = "Scores of \(normal.count) normal and \(anomalous.count) anomalous tokens"
    let threshold =
      isLineShown
      ? """
      set arrow 1 from \(line), graph 0 to \(line), graph 1 nohead lw 2 dt 2 lc rgb 'black' front
      set label 1 ' threshold \(FigureText.significant(line))' at \(line), graph 0.96 left front
      """ : "set label 1 'threshold \(FigureText.significant(line)), outside' at graph 0.98, graph 0.96 right front"
    return """
      \(Gnuplot.data("bins", rows))
      set title \(Gnuplot.quoted(name.isEmpty ? title : "\(name): \(title.lowercased())"))
      set xlabel 'score of a token\(last > range.upperBound ? " (the last bin holds all above)" : "")'
      set ylabel 'tokens'
      set boxwidth \(counts[0].width)
      set style fill transparent solid 0.5 noborder
      set xrange [\(range.lowerBound):\(range.lowerBound + Double(Self.bins) * counts[0].width)]; set yrange [0:*]
      \(threshold)
      set key outside top center horizontal
      plot $bins using 1:2 with boxes lc rgb '\(Gnuplot.normal)' title 'normal', \\
      '' using 1:3 with boxes lc rgb '\(Gnuplot.anomalous)' title 'anomalous'
      """
  }
}

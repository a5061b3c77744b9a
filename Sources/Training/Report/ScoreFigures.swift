import Foundation

/// Figures of an evaluation's scores.
struct ScoreFigures {
  let evaluation: Evaluation
  let gnuplot: Gnuplot

  /// ROC with the operating point: what the thresholds make of the tokens.
  func roc() throws {
    let judged = evaluation.tokens.compactMap { token in token.isAnomalous.map { (token.score, $0) } }
    let ranking = Ranking(judged)
    guard let auc = ranking.auc else { return }
    let step = max(1, ranking.points.count / 2000)
    var points = stride(from: 0, to: ranking.points.count, by: step).map { ranking.points[$0] }
    if let last = ranking.points.last, points.last != last { points.append(last) }
    let rows = points.map {
      [Double($0.falsePositives) / Double(ranking.normal), Double($0.truePositives) / Double(ranking.anomalous)]
    }
    let decisions = evaluation.figures().decisions
    let operating = [decisions.falsePositiveRate ?? .nan, decisions.recall ?? .nan]
    try gnuplot.draw(
      "roc", width: 520, height: 480,
      """
      \(Gnuplot.data("roc", rows))
      \(Gnuplot.data("point", [operating]))
      set title 'ROC: AUC \(text(auc, 3)), pAUC \(text(ranking.partialAUC() ?? 0, 3))'
      set xlabel 'normal sound flagged'
      set ylabel 'anomalies found'
      set xrange [0:1]; set yrange [0:1.01]; set size ratio 1; set key bottom right
      plot x with lines lw 1 dt 3 lc rgb '#999999' title 'chance', \
      $roc with lines lw 2.5 lc rgb '\(Gnuplot.normal)' title 'detector', \
      $point with points pt 7 ps 1.6 lc rgb '\(Gnuplot.anomalous)' title 'at the threshold'
      """)
  }

  /// Scores of normal and of anomalous tokens, with the threshold. Several machines' scores count from their own.
  func histogram() throws {
    let thresholds = Set(evaluation.tokens.map(\.threshold))
    let isRelative = thresholds.count > 1
    let value = { (token: JudgedToken) in isRelative ? token.score - token.threshold : token.score }
    let normal = evaluation.tokens.filter { $0.isAnomalous == false }.map(value)
    let anomalous = evaluation.tokens.filter { $0.isAnomalous == true }.map(value)
    let all = (normal + anomalous).sorted()
    guard let first = all.first else { return }
    let line = isRelative ? 0 : thresholds.first!
    // A few far outliers would leave nothing to see of the rest.
    let far = max(quantile(all, 0.99) + 0.1 * (quantile(all, 0.99) - first), line + 0.05 * abs(line))
    let range = min(first, line)...max(min(all.last!, far), line.nextUp)
    let bins = 50
    let counts = [normal, anomalous].map { Histogram($0.map { min($0, range.upperBound) }, bins: bins, range: range) }
    let rows = (0..<bins).map { bin in
      [
        counts[0].low + (Double(bin) + 0.5) * counts[0].width, Double(counts[0].counts[bin]),
        Double(counts[1].counts[bin]),
      ]
    }
    try gnuplot.draw(
      "histogram",
      """
      \(Gnuplot.data("bins", rows))
      set title 'Scores of \(normal.count) normal and \(anomalous.count) anomalous tokens'
      set xlabel '\(isRelative ? "score above its machine''s threshold" : "score")\(far < all.last! ? " (the last bin holds all above)" : "")'
      set ylabel 'tokens'
      set boxwidth \(counts[0].width)
      set style fill transparent solid 0.5 noborder
      set yrange [0:*]
      set arrow 1 from \(line), graph 0 to \(line), graph 1 nohead lw 2 dt 2 lc rgb 'black' front
      set label 1 ' threshold' at \(line), graph 0.96 left front
      set key outside top center horizontal
      plot $bins using 1:2 with boxes lc rgb '\(Gnuplot.normal)' title 'normal', \
      '' using 1:3 with boxes lc rgb '\(Gnuplot.anomalous)' title 'anomalous'
      """)
  }

  func confusion() throws {
    let (labels, found, counts) = confusionTable()
    let rows = counts.enumerated().flatMap { row, line in
      line.enumerated().map { column, count in [Double(column), Double(row), share(count, line), Double(count)] }
    }
    let tics = { (names: [String]) in
      "(" + names.enumerated().map { "\(Gnuplot.quoted($1)) \($0)" }.joined(separator: ", ") + ")"
    }
    let size = max(420, 90 * labels.count)
    try gnuplot.draw(
      "confusion", width: size + 200, height: size,
      """
      \(Gnuplot.data("cells", rows))
      set title 'Tokens by what they are and what was found'
      set xlabel 'found'; set ylabel 'is'
      set xtics \(tics(found)) rotate by -30; set ytics \(tics(labels))
      set xrange [-0.5:\(Double(found.count) - 0.5)]; set yrange [\(Double(labels.count) - 0.5):-0.5]
      unset grid; set cbrange [0:1]; set cblabel 'share of the row' offset 1
      plot $cells using 1:2:3 with image notitle, \
      '' using 1:2:(sprintf('%d', $4)):($3 > 0.6 ? 0x000000 : 0xFFFFFF) with labels textcolor rgb variable notitle
      """)
  }

  private func share(_ count: Int, _ line: [Int]) -> Double {
    let sum = line.reduce(0, +)
    return sum == 0 ? 0 : Double(count) / Double(sum)
  }

  private func confusionTable() -> (labels: [String], found: [String], counts: [[Int]]) {
    if evaluation.isClassification {
      let confusion = evaluation.confusion()
      return (confusion.labels, confusion.labels, confusion.counts)
    }
    let decisions = evaluation.figures().decisions
    return (
      ["normal", "anomalous"], ["below threshold", "above threshold"],
      [
        [decisions.trueNegatives, decisions.falsePositives], [decisions.falseNegatives, decisions.truePositives],
      ]
    )
  }

  /// Scores over the time of one recording, with where they are above the threshold, and events.
  func scores(of recording: Int) throws {
    let tokens = evaluation.tokens.filter { $0.recording == recording }
    guard let machine = tokens.first?.machine else { return }
    let own = tokens.filter { $0.machine == machine }
    let middles = own.map { ($0.beginSecond + $0.endSecond) / 2 }
    let rows = zip(middles, own).map { [$0, $1.score] }
    var objects = stretches(own, middles).prefix(200).enumerated().map { index, stretch in
      "set object \(index + 1) rect from \(stretch.lowerBound), graph 0 to \(stretch.upperBound), graph 1 behind "
        + "fc rgb '\(Gnuplot.shade)' fs transparent solid 0.35 noborder"
    }
    objects += evaluation.recordings[recording].events.filter { $0.label == Label.anomalous }.enumerated().map {
      "set arrow \($0 + 10) from \($1.begin), graph 0.03 to \($1.end), graph 0.03 nohead lw 5 lc rgb '\(Gnuplot.anomalous)' front"
    }
    let name = evaluation.recordings[recording].path.split(separator: "/").last.map(String.init) ?? ""
    try gnuplot.draw(
      "score", width: 900, height: 360,
      """
      \(Gnuplot.data("scores", rows))
      \(objects.joined(separator: "\n"))
      set title \(Gnuplot.quoted("Score over time: \(name) (\(evaluation.recordings[recording].label))"))
      set xlabel 'seconds'; set ylabel 'score'; set key outside top center horizontal
      set xrange [0:\(max(own.last!.endSecond, 1e-3))]
      plot $scores with linespoints pt 7 ps 0.4 lw 1.5 lc rgb '\(Gnuplot.normal)' title 'score', \
      \(own[0].threshold) with lines lw 2 dt 2 lc rgb 'black' title 'threshold', \
      NaN with boxes lc rgb '\(Gnuplot.shade)' title 'above the threshold'\
      \(evaluation.recordings[recording].events.isEmpty ? "" : ", NaN with lines lw 5 lc rgb '\(Gnuplot.anomalous)' title 'anomaly in the manifest'")
      """)
  }

  /// Where scores one after the other are above the threshold: each counts for half the way to its neighbours.
  private func stretches(_ tokens: [JudgedToken], _ middles: [Double]) -> [ClosedRange<Double>] {
    let half = tokens.count > 1 ? (middles[1] - middles[0]) / 2 : (tokens[0].endSecond - tokens[0].beginSecond) / 2
    var stretches: [ClosedRange<Double>] = []
    for (index, token) in tokens.enumerated() where token.isFlagged {
      let (begin, end) = (max(0, middles[index] - half), middles[index] + half)
      if let last = stretches.last, index > 0, tokens[index - 1].isFlagged {
        stretches[stretches.count - 1] = last.lowerBound...max(last.upperBound, end)
      } else {
        stretches.append(begin...end)
      }
    }
    return stretches
  }

  /// Probabilities of what a classifier found, over the time of one recording.
  func probabilities(of recording: Int) throws {
    let tokens = evaluation.tokens.filter { $0.recording == recording && $0.probability != nil }
    guard let last = tokens.last else { return }
    let rows = tokens.map { token -> [Double] in
      let isRight = token.found == token.label
      let middle = (token.beginSecond + token.endSecond) / 2
      let probability = Double(token.probability!)
      return [middle, isRight ? probability : .nan, isRight ? .nan : probability]
    }
    let name = evaluation.recordings[recording].path.split(separator: "/").last.map(String.init) ?? ""
    try gnuplot.draw(
      "score", width: 900, height: 360,
      """
      \(Gnuplot.data("tokens", rows))
      set title \(Gnuplot.quoted("Probability over time: \(name) (\(evaluation.recordings[recording].label))"))
      set xlabel 'seconds'; set ylabel 'probability'; set key outside top center horizontal
      set xrange [0:\(max(last.endSecond, 1e-3))]; set yrange [0:1.05]
      plot $tokens using 1:2 with impulses lw 3 lc rgb '\(Gnuplot.normal)' title 'named right', \
      '' using 1:3 with impulses lw 3 lc rgb '\(Gnuplot.anomalous)' title 'named wrong'
      """)
  }

  private func text(_ number: Double, _ decimals: Int) -> String { String(format: "%.\(decimals)f", number) }
}

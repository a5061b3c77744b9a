import Figures
import Glibc

/// Figures of an evaluation's scores.
struct ScoreFigures {
  let evaluation: Evaluation
  let gnuplot: Gnuplot

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

  /// Scores over the time of recordings of one machine, side by side on one scale, with events and stretches above the
  /// threshold.
  func scores(of examples: [ReportExamples.Pair]) throws {
    let panels = examples.flatMap { pair -> [String] in
      let tokens = pair.recordings.map { recording in
        evaluation.tokens.filter { $0.recording == recording.index && $0.machine == pair.machine }
      }
      let values = tokens.joined().map(\.score) + [tokens.joined().first?.threshold ?? 0].filter(\.isFinite)
      guard let low = values.min(), let high = values.max() else { return [] }
      let margin = max(0.05 * (high - low), 1e-9 * abs(high), 1e-12)
      return zip(pair.recordings, tokens).map { scores(of: $0, $1, low - margin...high + margin) }
    }
    guard !panels.isEmpty else { return }
    let columns = examples[0].recordings.count
    try gnuplot.draw("score", panels: panels, columns: columns, panel: (columns > 1 ? 620 : 900, 340))
  }

  private func scores(of example: ReportExamples.Recording, _ tokens: [JudgedToken], _ range: ClosedRange<Double>)
    -> String
  {
    let middles = tokens.map { ($0.beginSecond + $0.endSecond) / 2 }
    let recording = evaluation.recordings[example.index]
    var objects = stretches(tokens, middles).prefix(200).enumerated().map { index, stretch in
      "set object \(index + 1) rect from \(stretch.lowerBound), graph 0 to \(stretch.upperBound), graph 1 behind "
        + "fc rgb '\(Gnuplot.shade)' fs transparent solid 0.35 noborder"
    }
    objects += recording.events.filter { $0.label == Label.anomalous }.enumerated().map {
      "set arrow \($0 + 10) from \($1.begin), graph 0.03 to \($1.end), graph 0.03 nohead lw 5 lc rgb '\(Gnuplot.anomalous)' front"
    }
    return """
      \(Gnuplot.data("scores", zip(middles, tokens).map { [$0, $1.score] }))
      \(objects.joined(separator: "\n"))
      \(Gnuplot.title("Score over time: \(example.title)", example.name))
      set xlabel 'seconds'; set ylabel 'score of a token'; set key outside top center horizontal
      set xrange [0:\(max(tokens.last?.endSecond ?? 0, 1e-3))]; set yrange [\(range.lowerBound):\(range.upperBound)]
      plot $scores with linespoints pt 7 ps 0.4 lw 1.5 lc rgb '\(Gnuplot.normal)' title 'score', \\
      \(tokens.first?.threshold ?? .nan) with lines lw 2 dt 2 lc rgb 'black' title 'threshold', \\
      NaN with boxes lc rgb '\(Gnuplot.shade)' title 'above the threshold'\
      \(recording.events.isEmpty ? "" : ", NaN with lines lw 5 lc rgb '\(Gnuplot.anomalous)' title 'anomaly in the manifest'")
      """
  }

  /// Stretches of consecutive scores above the threshold: each reaches halfway to its neighbours.
  private func stretches(_ tokens: [JudgedToken], _ middles: [Double]) -> [ClosedRange<Double>] {
    guard !tokens.isEmpty else { return [] }
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

  /// Probabilities of the found label, over the time of recordings side by side.
  func probabilities(of examples: [ReportExamples.Pair]) throws {
    let panels = examples.flatMap { pair in pair.recordings.compactMap(probabilities) }
    guard !panels.isEmpty else { return }
    try gnuplot.draw(
      "score", panels: panels, columns: min(2, panels.count), panel: (panels.count > 1 ? 620 : 900, 340))
  }

  private func probabilities(of example: ReportExamples.Recording) -> String? {
    let tokens = evaluation.tokens.filter { $0.recording == example.index && $0.probability != nil }
    guard let last = tokens.last else { return nil }
    let rows = tokens.map { token -> [Double] in
      let isRight = token.found == token.label
      let middle = (token.beginSecond + token.endSecond) / 2
      let probability = Double(token.probability!)
      return [middle, isRight ? probability : .nan, isRight ? .nan : probability]
    }
    return """
      \(Gnuplot.data("tokens", rows))
      \(Gnuplot.title("Probability over time: \(example.title)", example.name))
      set xlabel 'seconds'; set ylabel 'probability'; set key outside top center horizontal
      set xrange [0:\(max(last.endSecond, 1e-3))]; set yrange [0:1.05]
      plot $tokens using 1:2 with impulses lw 3 lc rgb '\(Gnuplot.normal)' title 'named right', \\
      '' using 1:3 with impulses lw 3 lc rgb '\(Gnuplot.anomalous)' title 'named wrong'
      """
  }
}

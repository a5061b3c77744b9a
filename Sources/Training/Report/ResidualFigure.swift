import FileDriver
import Foundation
import GraphEngine
import GraphText

/// What each band adds to the scores, of normal and of anomalous recordings: by the detector's own `explain/1`.
struct ResidualFigure {
  let evaluation: Evaluation
  let graph: Graph
  let gnuplot: Gnuplot
  let conversation: Conversation

  /// Recordings of either kind, and tokens of each, that are looked at.
  private static let recordings = 8
  private static let tokens = 50

  func draw() throws {
    guard let (normal, anomalous, frequencies) = try means() else { return }
    let figure = BandFigure(normal: normal, anomalous: anomalous, frequencies: frequencies)
    let (rows, hasHertz) = (figure.rows, figure.hasHertz)
    let isLogarithmic = hasHertz && rows.count > 2 && rows[1][0] > 0
    try gnuplot.draw(
      "residual",
      """
      \(Gnuplot.data("bands", isLogarithmic ? rows.filter { $0[0] > 0 } : rows))
      set title 'What each band adds to the score, on average'
      set xlabel '\(hasHertz ? "Hz" : "band")'; set ylabel 'part of the score'
      \(isLogarithmic ? "set logscale x; set xrange [\(rows[1][0]):\(rows.last![0])]" : "")
      set yrange [0:*]; set key outside top center horizontal
      plot $bands using 1:2 with steps lw 2 lc rgb '\(Gnuplot.normal)' title 'normal\(figure.note(normal))', \
      '' using 1:3 with steps lw 2 dt 2 lc rgb '\(Gnuplot.anomalous)' title 'anomalous\(figure.note(anomalous))'
      """)
  }

  private func means() throws -> (normal: [Double], anomalous: [Double], frequencies: [Float])? {
    let store = TapStore()
    let tapped = graph.tapped(inPlaceOf: evaluation.node, store)
    let judging = graph.tapped(behind: evaluation.node, scores: TapStore(), events: TapStore())
    var sums: [Bool: [Double]] = [:]
    var counts: [Bool: Double] = [:]
    var frequencies: [Float] = []
    for isAnomalous in [false, true] {
      let all = evaluation.recordings.filter { ($0.label == Label.anomalous) == isAnomalous && $0.events.isEmpty }
      let chosen = every(all, Self.recordings)
      try TapRun(conversation: conversation, share: 0.97...1, what: "explaining").run(tapped, chosen) { _, recording in
        var named = judging
        if let machine = recording.machine, graph.channels == 1 { named.nameMachines([machine]) }
        let engine = try Engine(graph: named)
        let input = try engine.input(of: evaluation.node, rate: try AudioFileRate.of(recording))
        try engine.prepare(rate: try AudioFileRate.of(recording))
        defer { engine.stop() }
        frequencies = input.frequencies
        for token in every(store.take(), Self.tokens) {
          guard
            let parts = engine.explain(
              node: evaluation.node, channel: token.channel, token: token.values, rows: input.rows,
              columns: input.columns)
          else { continue }
          var sum = sums[isAnomalous] ?? [Double](repeating: 0, count: parts.bands.count)
          for (band, part) in parts.bands.enumerated() where part.isFinite { sum[band] += Double(part) }
          sums[isAnomalous] = sum
          counts[isAnomalous, default: 0] += 1
        }
      }
    }
    guard !sums.isEmpty else { return nil }
    let mean = { (kind: Bool) in (sums[kind] ?? []).map { $0 / (counts[kind] ?? 1) } }
    return (mean(false), mean(true), frequencies)
  }

  private func every<T>(_ items: [T], _ most: Int) -> [T] {
    guard items.count > most else { return items }
    return (0..<most).map { items[$0 * items.count / most] }
  }
}

/// What columns add to scores, by frequency. Statistics of a band are columns of one frequency, and add up; a column
/// without one, such as the level, goes into the legend.
struct BandFigure {
  let normal: [Double]
  let anomalous: [Double]
  let frequencies: [Float]

  var hasHertz: Bool { !frequencies.isEmpty && frequencies.count == max(normal.count, anomalous.count) }

  /// Hertz or number, normal, anomalous; ascending.
  var rows: [[Double]] {
    guard hasHertz else {
      return (0..<max(normal.count, anomalous.count)).map { [Double($0), part(normal, $0), part(anomalous, $0)] }
    }
    var sums: [Float: [Double]] = [:]
    for (column, hertz) in frequencies.enumerated() where hertz >= 0 {
      let sum = sums[hertz] ?? [0, 0]
      sums[hertz] = [sum[0] + part(normal, column), sum[1] + part(anomalous, column)]
    }
    return sums.sorted { $0.key < $1.key }.map { [Double($0.key)] + $0.value }
  }

  /// ", level 0.12"; empty where every column is a band.
  func note(_ parts: [Double]) -> String {
    let others = parts.indices.filter { hasHertz && frequencies[$0] < 0 }
    guard !others.isEmpty else { return "" }
    return ", level " + String(format: "%.3g", others.reduce(0) { $0 + parts[$1] })
  }

  private func part(_ parts: [Double], _ column: Int) -> Double { column < parts.count ? parts[column] : .nan }
}

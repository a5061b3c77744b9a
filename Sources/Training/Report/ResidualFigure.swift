import DetectorHost
import Figures
import FileDriver
import GraphEngine
import GraphText
import TextEscapes

/// The part of each band in the scores of normal and anomalous tokens, in a panel for each machine.
///
/// A detector's `explain/1` divides a token's score in its own units, such as squares of distances. The parts are
/// scaled to the token's score, so that the bands of a curve add up to the mean score; for a detector whose scores may
/// be below 0, they are per cent.
struct ResidualFigure {
  let evaluation: Evaluation
  let machines: ReportMachines
  let graph: Graph
  let gnuplot: Gnuplot
  let callbacks: WorkCallbacks

  /// The most recordings of either kind of a machine, and tokens of each, that are used.
  private static let recordings = 8
  private static let tokens = 50

  /// Mean parts of the tokens of one kind.
  private struct Parts {
    var sums: [Double] = []
    var scores = 0.0
    var count = 0.0

    mutating func add(_ bands: [Float], score: Double, scale: Double) {
      let parts = bands.map { $0.isFinite ? max(0, Double($0)) : 0 }
      let total = parts.reduce(0, +)
      guard total > 0 else { return }
      if sums.isEmpty { sums = [Double](repeating: 0, count: parts.count) }
      for (band, part) in parts.enumerated() { sums[band] += part / total * scale }
      scores += score
      count += 1
    }

    var means: [Double] { sums.map { $0 / count } }
  }

  /// Also written as `residual.csv`.
  func draw() throws {
    let isShare = evaluation.tokens.contains { $0.score < 0 }
    var (panels, lines): ([String], [[String]]) = ([], [])
    for machine in machines.shown {
      guard let (parts, frequencies) = try parts(machine, isShare) else { continue }
      let (normal, anomalous) = (parts[false] ?? Parts(), parts[true] ?? Parts())
      let figure = BandFigure(normal: normal.means, anomalous: anomalous.means, frequencies: frequencies)
      panels.append(panel(machine, figure, normal, anomalous, isShare))
      lines += figure.rows.map { [CSVText.field(machine.name)] + $0.map { $0.isFinite ? "\($0)" : "" } }
      if let others = figure.others {
        lines.append([CSVText.field(machine.name), "level"] + others.map { $0.isFinite ? "\($0)" : "" })
      }
    }
    guard !panels.isEmpty else { return }
    try gnuplot.draw("residual", panels: panels, columns: min(2, panels.count), panel: (720, 420))
    try gnuplot.table("residual", "machine,band,normal,anomalous", lines)
  }

  private func panel(
    _ machine: ReportMachines.Machine, _ figure: BandFigure, _ normal: Parts, _ anomalous: Parts, _ isShare: Bool
  ) -> String {
    let (rows, hasHertz) = (figure.rows, figure.hasHertz)
    let isLogarithmic = hasHertz && rows.count > 2 && rows[1][0] > 0
    let name = machines.title(machine)
    let title = "What each band adds to the score, on average"
    let legend = { (kind: String, parts: Parts) in
      guard parts.count > 0 else { return "\(kind): none" }
      return "\(kind): mean score \(FigureText.significant(parts.scores / parts.count))\(figure.note(parts.means))"
    }
    return """
      \(Gnuplot.data("bands", isLogarithmic ? rows.filter { $0[0] > 0 } : rows))
      set title \(Gnuplot.quoted(name.isEmpty ? title : "\(name): \(title.lowercased())"))
      set xlabel '\(hasHertz ? "Hz" : "band")'; set ylabel '\(isShare ? "share of the score in %" : "part of the score")'
      \(isLogarithmic ? "set logscale x; set xrange [\(rows[1][0]):\(rows.last![0])]" : "")
      set yrange [0:*]; set key outside top center horizontal
      plot $bands using 1:2 with steps lw 2 lc rgb '\(Gnuplot.normal)' title \(Gnuplot.quoted(legend("normal", normal))), \\
      '' using 1:3 with steps lw 2 dt 2 lc rgb '\(Gnuplot.anomalous)' title \
      \(Gnuplot.quoted(legend("anomalous", anomalous)))
      """
  }

  /// Nil where the class has no explanation.
  private func parts(
    _ machine: ReportMachines.Machine, _ isShare: Bool
  ) throws -> (parts: [Bool: Parts], frequencies: [Float])? {
    let store = TapStore()
    let tapped = graph.tapped(inPlaceOf: evaluation.node, store)
    let judging = graph.tapped(after: evaluation.node, scores: TapStore(), events: TapStore())
    var parts: [Bool: Parts] = [:]
    var frequencies: [Float] = []
    for isAnomalous in [false, true] {
      // Only tokens of this kind, each relative to its own score.
      let judged = Dictionary(grouping: machine.tokens.filter { $0.isAnomalous == isAnomalous }, by: \.recording)
      let chosen = every(judged.keys.sorted(), Self.recordings)
      try TapRun(callbacks: callbacks, share: 0.97...1, what: "explaining").run(
        tapped, chosen.map { evaluation.recordings[$0] }
      ) { index, recording in
        var named = judging
        if let machine = recording.machine, graph.channels == 1 { named.nameMachines([machine]) }
        let engine = try Engine(graph: named)
        let input = try engine.input(of: evaluation.node, rate: try AudioFileRate.of(recording))
        try engine.prepare(rate: try AudioFileRate.of(recording))
        defer { engine.stop() }
        frequencies = input.frequencies
        let names = MachineNames(graph: input.machines)
        let scores = Dictionary(judged[chosen[index]]!.map { ($0.begin, $0.score) }) { first, _ in first }
        let tokens = store.take().filter {
          names.name(recording, channel: $0.channel) == machine.name && scores[$0.begin] != nil
        }
        for token in every(tokens, Self.tokens) {
          guard
            let bands = engine.explain(
              node: evaluation.node, channel: token.channel, token: token.values, rows: input.rows,
              columns: input.columns)?.bands, let score = scores[token.begin]
          else { continue }
          parts[isAnomalous, default: Parts()].add(bands, score: score, scale: isShare ? 100 : score)
        }
      }
    }
    let isKnown = parts.values.contains { $0.count > 0 }
    return isKnown ? (parts, frequencies) : nil
  }

  private func every<T>(_ items: [T], _ most: Int) -> [T] {
    guard items.count > most else { return items }
    return (0..<most).map { items[$0 * items.count / most] }
  }
}

/// The parts of columns in scores, by frequency. Statistics of a band are columns of one frequency, and add up; a
/// column without a frequency, such as the level, goes into the legend.
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

  /// Parts of columns without a frequency, normal and anomalous; nil: every column is a band.
  var others: [Double]? {
    let others = frequencies.indices.filter { hasHertz && frequencies[$0] < 0 }
    return others.isEmpty
      ? nil : [normal, anomalous].map { parts in parts.isEmpty ? .nan : others.reduce(0) { $0 + part(parts, $1) } }
  }

  /// ", level 0.12"; empty where every column is a band.
  func note(_ parts: [Double]) -> String {
    let others = parts.indices.filter { hasHertz && frequencies[$0] < 0 }
    return others.isEmpty ? "" : ", level \(FigureText.significant(others.reduce(0) { $0 + parts[$1] }))"
  }

  private func part(_ parts: [Double], _ column: Int) -> Double { column < parts.count ? parts[column] : .nan }
}

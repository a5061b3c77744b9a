/// A comparison as rows of text, for the command's output and the report.
public struct ComparisonTable: Sendable {
  /// A separate table, with names in the first columns.
  public struct Section: Sendable {
    public var title: String
    public var headings: [String]
    public var rows: [[String]]
    public var leading: Int
  }

  public private(set) var sections: [Section] = []
  /// Lines below the tables.
  public private(set) var notes: [String] = []

  private let comparison: Comparison
  private let figures: ComparisonFigures
  private var quality: String { comparison.isClassification ? "accuracy" : "AUC" }

  public init(_ comparison: Comparison, _ figures: ComparisonFigures) {
    self.comparison = comparison
    self.figures = figures
    sections = [main] + machines + [seeds].compactMap { $0 }
    addNotes()
  }

  private var main: Section {
    var headings = ["graph", "detector", "front end", quality]
    if !comparison.isClassification { headings += ["pAUC", "normal flagged"] }
    headings += ["difference", "trained"]
    let rows = comparison.rows.indices.map { index -> [String] in
      let row = comparison.rows[index]
      let names = [row.path, row.className, row.frontEnd.joined(separator: " ")]
      guard let figures = figures.rows[index] else {
        return names + ["failed"] + headings.dropFirst(4).map { _ in "" }
      }
      var cells = names + [text(figures.quality)]
      if !comparison.isClassification { cells += [text(figures.pauc), percent(figures.flagged)] }
      return cells + [index == self.figures.reference ? "reference" : signed(figures.difference), seconds(row)]
    }
    return Section(title: "", headings: headings, rows: rows, leading: 3)
  }

  /// The figures of each machine, if there are several.
  private var machines: [Section] {
    guard figures.machines.count > 1 else { return [] }
    let headings = ["graph"] + figures.machines.map { $0.isEmpty ? "-" : $0 }
    var kinds: [(String, (ComparisonFigures.Machine) -> String)] = [(quality, { text($0.quality) })]
    if !comparison.isClassification {
      kinds += [("pAUC", { text($0.pauc) }), ("normal flagged", { percent($0.flagged) })]
    }
    return kinds.map { name, cell in
      Section(
        title: "\(name) by machine", headings: headings, rows: shown { $0.machines.map(cell) }, leading: 1)
    }
  }

  private var seeds: Section? {
    guard comparison.seeds.count > 1 else { return nil }
    let rows = shown { row in
      comparison.seeds.map { seed in
        row.seeds.first { $0.seed == seed }?.quality.map { FigureText.fixed($0) } ?? "same"
      }
    }
    return rows.isEmpty
      ? nil
      : Section(
        title: "\(quality) by seed", headings: ["graph"] + comparison.seeds.map(String.init), rows: rows, leading: 1)
  }

  private func shown(_ cells: (ComparisonFigures.Row) -> [String]) -> [[String]] {
    comparison.rows.indices.compactMap { index in
      figures.rows[index].map { [comparison.rows[index].path] + cells($0) }
    }
  }

  private mutating func addNotes() {
    let counts = Part.allCases.compactMap { part in
      comparison.recordings[part].map { "\($0) \(part.rawValue)" }
    }
    notes.append("recordings of \(comparison.source): \(counts.joined(separator: ", "))")
    let mean = figures.machines.count > 1 ? "means over machines and seeds" : "means over seeds"
    notes.append(
      comparison.isClassification
        ? "over recordings by majority vote, \(mean)"
        : "AUC and pAUC (up to a false positive rate of 0.1) over recordings by their mean score, \(mean); normal flagged: "
          + "the share of normal tokens above the threshold")
    notes.append("in brackets: 95 % intervals, from recordings drawn with replacement")
    if let reference = figures.reference {
      notes.append(
        "difference: \(quality) minus that of \(comparison.rows[reference].path), from the same draws, over the recordings that "
          + "both scored")
    }
    for row in comparison.rows {
      let judged = Set(row.results.flatMap { $0.recordings.map(\.path) }).count
      let missing = (comparison.recordings[.test] ?? 0) - judged
      if row.failure == nil, missing > 0 {
        notes.append(
          "\(row.path): \(missing) recording\(missing == 1 ? " is" : "s are") in no figure: too short for a token, "
            + "labelled by events, or without a label")
      }
    }
    for row in comparison.rows { if let failure = row.failure { notes.append("\(row.path) failed: \(failure)") } }
  }

  // MARK: Cells

  private func text(_ figure: ComparisonFigures.Figure?) -> String {
    figure.flatMap { bounded($0.value, $0.interval) } ?? ""
  }

  private func percent(_ figure: ComparisonFigures.Figure?) -> String {
    guard let figure else { return "" }
    let one = { (number: Double) in FigureText.fixed(number * 100, 1) }
    return "\(one(figure.value)) %" + (figure.interval.map { " [\(one($0.low)), \(one($0.high))]" } ?? "")
  }

  private func signed(_ figure: ComparisonFigures.Figure?) -> String {
    guard let figure else { return "" }
    let text = { (number: Double) in FigureText.signed(number, 3) }
    return text(figure.value) + (figure.interval.map { " [\(text($0.low)), \(text($0.high))]" } ?? "")
  }

  private func seconds(_ row: Comparison.Row) -> String {
    let times = row.results.map(\.training)
    guard !times.isEmpty, row.results[0].learned != nil else { return "" }
    return FigureText.significant(times.reduce(0, +) / Double(times.count), 3) + " s"
      + (times.count > 1 ? ", \(times.count) times" : "")
  }
}

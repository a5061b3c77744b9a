import Figures
import FoundationEssentials
import Glibc
import GraphText
import Models
import TextEscapes

/// Writes the report of a comparison: report.html, comparison.json, comparison.csv, scores.csv, and the figure as SVG
/// and PNG.
public struct ComparisonReport {
  static let figure = "comparison"
  private let comparison: Comparison
  private let figures: ComparisonFigures
  private let path: String
  private let callbacks: WorkCallbacks

  /// Makes the folder and checks for gnuplot, before the long work begins.
  ///
  /// - Throws: `TrainingError`.
  public static func prepare(_ path: String, place: ReportPlace) throws {
    try place.checkComparison(figure: figure)
    try Gnuplot.makeFolder(path)
  }

  public init(_ comparison: Comparison, _ figures: ComparisonFigures, path: String, callbacks: WorkCallbacks) {
    self.comparison = comparison
    self.figures = figures
    self.path = path
    self.callbacks = callbacks
  }

  /// Writes everything; a figure that cannot be drawn is left out with a warning.
  public func write() throws {
    for kind in ["svg", "png"] { try? FileManager.default.removeItem(atPath: "\(path)/\(Self.figure).\(kind)") }
    do {
      try draw()
    } catch {
      callbacks.warn("no figure '\(Self.figure)': \(error)")
    }
    let picture = Gnuplot(folder: path).pictures([(Self.figure, words)], warn: callbacks.warn).first
    do {
      let json = comparison.json(figures).json + [UInt8(ascii: "\n")]
      try replaceFile("\(path)/comparison.json", with: json)
      try replaceFile("\(path)/comparison.csv", with: Array(comparison.csv(figures).utf8))
      try replaceFile("\(path)/scores.csv", with: Array(comparison.scoresCSV.utf8))
      try replaceFile("\(path)/report.html", with: Array(html(picture).utf8))
    } catch {
      throw TrainingError(error.description)
    }
  }

  private var quality: String { comparison.isClassification ? "accuracy" : "AUC" }

  private var words: FigureWords {
    let values = comparison.rows.indices.compactMap { index in
      figures.rows[index]?.quality.map { "\(comparison.rows[index].path): \(bounded($0.value, $0.interval) ?? "")." }
    }
    return FigureWords(
      title: "\(quality) of each graph",
      text: "A point for each graph, with its 95 % interval; the dotted line is the reference.",
      axes: "Across: \(quality), mean over machines and seeds, at most 1. Down: the graphs.",
      values: values.joined(separator: " "))
  }

  private func html(_ picture: String?) -> String {
    let table = ComparisonTable(comparison, figures)
    let sections = table.sections.map { section in
      let table = ReportTable(section.title.isEmpty ? "Graphs" : section.title, section.headings, section.rows)
      return (section.title.isEmpty ? "" : ReportPage.heading(section.title)) + ReportPage.table(table)
    }
    let recordings = ComparedRecordings(comparison: comparison, folder: path).table
    return ReportPage(title: "Comparison of \(comparison.rows.count) graphs").html(
      """
      \(sections.joined(separator: "\n"))
      \(ReportPage.paragraphs(table.notes))
      \(picture ?? "")
      \(recordings.map { ReportPage.table($0) } ?? "")
      <p>Beside this page: the figure as SVG and PNG, every number in <code>comparison.json</code> and
      <code>comparison.csv</code>, the score of every recording in <code>scores.csv</code>.</p>
      """)
  }

  /// A point and its interval in a line for each graph.
  private func draw() throws {
    let points = comparison.rows.indices.compactMap { index in
      figures.rows[index]?.quality.map { (comparison.rows[index].path, $0) }
    }
    guard !points.isEmpty else { return }
    let names = points.enumerated().map { index, point in
      "\(Gnuplot.quoted(TerminalText.shortened(point.0, most: 40))) \(index + 1)"
    }
    let rows = points.enumerated().map { index, point in
      [
        point.1.value, Double(index + 1), point.1.interval?.low ?? point.1.value,
        point.1.interval?.high ?? point.1.value,
      ]
    }
    let reference = figures.reference.flatMap { figures.rows[$0]?.quality?.value }
    try Gnuplot(folder: path).draw(
      Self.figure, width: 720, height: 120 + 32 * points.count,
      """
      \(Gnuplot.data("points", rows))
      set xlabel '\(quality), mean over machines and seeds'
      set yrange [\(points.count).5:0.5]
      set ytics (\(names.joined(separator: ", ")))
      unset key
      \(reference.map { "set arrow from \($0), graph 0 to \($0), graph 1 nohead lc rgb '#999999' dt 3" } ?? "")
      plot $points using 1:2:3:4 with xerrorbars pt 7 ps 1.2 lw 2 lc rgb '\(Gnuplot.normal)'
      """)
  }
}

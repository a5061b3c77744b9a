import Figures
import FoundationEssentials
import Glibc
import GraphEngine
import GraphText
import Models
import NodeHost

/// Writes the report of an evaluation: report.html with all figures in it, metrics.json, scores.csv, and every figure
/// as SVG and PNG.
public struct ReportFolder {
  private let evaluation: Evaluation
  private let graph: Graph
  private let catalog: PluginCatalog
  private let callbacks: WorkCallbacks
  private let path: String

  /// Makes the folder and checks for gnuplot, before the long work begins.
  ///
  /// - Throws: `TrainingError`.
  public static func prepare(_ path: String, place: ReportPlace) throws {
    try place.check(figures: ReportFigures.names)
    try Gnuplot.makeFolder(path)
  }

  public init(
    _ evaluation: Evaluation, graph: Graph, catalog: PluginCatalog, path: String, callbacks: WorkCallbacks
  ) {
    self.evaluation = evaluation
    self.graph = graph
    self.catalog = catalog
    self.path = path
    self.callbacks = callbacks
  }

  /// Writes everything; a figure that cannot be drawn is left out with a warning.
  public func write() throws {
    let gnuplot = Gnuplot(folder: path)
    for name in ReportFigures.names {
      for kind in ["svg", "png"] + (ReportFigures.tables.contains(name) ? ["csv"] : []) {
        try? FileManager.default.removeItem(atPath: "\(path)/\(name).\(kind)")
      }
    }
    let scores = ScoreFigures(evaluation: evaluation, gnuplot: gnuplot)
    let curves = CurveFigures(curves: evaluation.curves, gnuplot: gnuplot)
    let machines = ReportMachines(evaluation)
    let examples = ReportExamples(evaluation, machines)
    let sound = SoundFigures(
      examples: (examples.first?.recordings ?? []).map {
        SoundFigures.Example(path: evaluation.recordings[$0.index].path, title: $0.title, name: $0.name)
      },
      catalog: catalog, gnuplot: gnuplot, callbacks: callbacks)
    let isAnomalyTask = !evaluation.isClassification
    let steps: [(String, () throws -> Void)] = [
      ("roc", { if isAnomalyTask { try RankingFigure(machines: machines, gnuplot: gnuplot).draw() } }),
      ("histogram", { if isAnomalyTask { try HistogramFigure(machines: machines, gnuplot: gnuplot).draw() } }),
      ("confusion", scores.confusion),
      (
        "score",
        { try isAnomalyTask ? scores.scores(of: examples.pairs) : scores.probabilities(of: examples.pairs) }
      ),
      (
        "residual",
        {
          guard isAnomalyTask else { return }
          try ResidualFigure(
            evaluation: evaluation, machines: machines, graph: graph, gnuplot: gnuplot, callbacks: callbacks
          ).draw()
        }
      ),
      (
        "reconstruction",
        {
          try ReconstructionFigure(
            evaluation: evaluation, graph: graph, gnuplot: gnuplot, callbacks: callbacks
          ).draw()
        }
      ), ("loss", curves.loss), ("accuracy", curves.accuracy), ("waveform", sound.waveform),
      ("spectrograms", sound.spectrograms),
    ]
    for (name, step) in steps {
      try callbacks.checkCancelled()
      do {
        try step()
      } catch let error as Interrupted {
        throw error
      } catch let error as DiagnosticsError {
        callbacks.warn("no figure '\(name)': \(error.diagnostics.first?.message ?? "")")
      } catch {
        callbacks.warn("no figure '\(name)': \(error)")
      }
    }
    let figures = ReportFigures(evaluation: evaluation, machines: machines, examples: examples)
    let pictures = gnuplot.pictures(ReportFigures.names.map { ($0, figures.words($0)) }, warn: callbacks.warn)
    do {
      try replaceFile("\(path)/metrics.json", with: evaluation.json.json + [UInt8(ascii: "\n")])
      try replaceFile("\(path)/scores.csv", with: Array(evaluation.csv.utf8))
      try replaceFile("\(path)/report.html", with: Array(html(pictures).utf8))
    } catch {
      throw TrainingError(error.description)
    }
  }

  private func html(_ pictures: [String]) -> String {
    let table = FigureTable(evaluation)
    let recordings = ReportRecordings(evaluation: evaluation, folder: path).table
    let facts =
      [
        "Graph \(evaluation.graph), node \(evaluation.node) (\(evaluation.className))",
        evaluation.model.map { "Model \($0)" },
      ].compactMap { $0 } + table.notes
    let challenge =
      ChallengeFigures(evaluation).map { figures in
        let table = ChallengeTable(figures)
        return ReportPage.heading("Figures of DCASE task 2")
          + ReportPage.table(ReportTable("Figures of the challenge", table.headings, table.rows))
          + ReportPage.paragraphs(table.notes)
      } ?? ""
    return ReportPage(title: "Evaluation of \(evaluation.graph)").html(
      """
      \(ReportPage.paragraphs(facts))
      \(ReportPage.table(ReportTable("Figures", table.headings, table.rows)))
      \(challenge)
      \(ReportPage.heading("Pictures"))
      \(pictures.joined(separator: "\n"))
      \(recordings.map { ReportPage.table($0) } ?? "")
      <p>All figures are beside this page as SVG and PNG; every score is in <code>scores.csv</code>, every number in
      <code>metrics.json</code>.</p>
      """)
  }
}

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
    try place.check(figures: figures.map(\.name))
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

  /// Name and explanation of every figure, in the order of the report.
  private var figures: [(name: String, text: String)] {
    guard evaluation.isClassification else { return Self.figures }
    let example = "The recordings with the best and the worst result: the probability of the found label."
    return Self.figures.map { $0.name == "score" ? ($0.name, example) : $0 }
  }

  /// Figures that also have a table of their numbers.
  static let tables = ["roc", "residual"]

  private static let figures: [(name: String, text: String)] = [
    (
      "roc",
      "Share of anomalous tokens that are found against share of normal tokens that are flagged, over all thresholds; "
        + "the point is the threshold in use. Its numbers: roc.csv."
    ),
    ("histogram", "The distribution of normal and anomalous tokens' scores, and the threshold."),
    ("confusion", "The decisions of the threshold, or of the classifier, for the tokens."),
    (
      "score",
      "The best normal and the worst anomalous recording, by their mean scores, on one scale: the score of each token."
    ),
    (
      "residual",
      "The part of each band in the score: the detector divides a token's score among its bands, and the bands of a "
        + "curve add up to its mean score. It uses up to eight recordings of each kind. Its numbers: residual.csv."
    ),
    ("reconstruction", "The model's reconstruction of a normal token, and of the most anomalous one."),
    ("loss", "The learning curve: mean loss per value, of training and held-out tokens."),
    ("accuracy", "The learning curve: the share of tokens with the right label."),
    (
      "waveform",
      "The samples of these recordings, on one scale; of several machines, those of the machine with the worst separation."
    ),
    ("spectrogram-linear", "Their spectrograms."), ("spectrogram-log", "The same with a logarithmic frequency axis."),
    ("spectrogram-mel", "The same in mel bands."),
  ]

  /// Writes everything; a figure that cannot be drawn is left out with a warning.
  public func write() throws {
    let gnuplot = Gnuplot(folder: path)
    for figure in Self.figures {
      for kind in ["svg", "png"] + (Self.tables.contains(figure.name) ? ["csv"] : []) {
        try? FileManager.default.removeItem(atPath: "\(path)/\(figure.name).\(kind)")
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
    do {
      try replaceFile("\(path)/metrics.json", with: evaluation.json.json + [UInt8(ascii: "\n")])
      try replaceFile("\(path)/scores.csv", with: Array(evaluation.csv.utf8))
      try replaceFile("\(path)/report.html", with: Array(html().utf8))
    } catch {
      throw TrainingError(error.description)
    }
  }

  private func html() -> String {
    let table = FigureTable(evaluation)
    let pictures = figures.compactMap { ReportPage.figure($0.name, in: path, $0.text) }
    let facts =
      [
        "Graph \(evaluation.graph), node \(evaluation.node) (\(evaluation.className))",
        evaluation.model.map { "Model \($0)" },
      ].compactMap { $0 } + table.notes
    let challenge =
      ChallengeFigures(evaluation).map { figures in
        let table = ChallengeTable(figures)
        return ReportPage.heading("Figures of DCASE task 2") + ReportPage.table(table.headings, table.rows)
          + ReportPage.paragraphs(table.notes)
      } ?? ""
    return ReportPage(title: "Evaluation of \(evaluation.graph)").html(
      """
      \(ReportPage.paragraphs(facts))
      \(ReportPage.table(table.headings, table.rows))
      \(challenge)
      \(pictures.joined(separator: "\n"))
      <p>All figures are beside this page as SVG and PNG; every score is in <code>scores.csv</code>, every number in
      <code>metrics.json</code>.</p>
      """)
  }
}

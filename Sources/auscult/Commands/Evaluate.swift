import ArgumentParser
import RunControl
import Training

/// `auscult evaluate`
struct Evaluate: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "evaluate",
    abstract: "Judges labelled recordings by a graph's detector, and measures its quality.",
    discussion: """
      Figures are computed over all score tokens, over the tokens of each machine, and over recordings by their mean \
      score: AUC, partial AUC, PR-AUC, precision, recall and F1 at the threshold, the best F1 of any threshold, and false \
      alarms per hour. For manifests with begin and end, the command says how many events are found and how soon; for \
      classifiers, it prints the accuracy and a report of each label. Recordings that the model was trained on are \
      refused. Undefined figures, such as an AUC without anomalous sound, are omitted.

      --dcase adds the figures of DCASE task 2, over clips: AUC and pAUC by machine, section and domain, their arithmetic \
      and harmonic means, and the official score. The challenge's score files go into --scores, or into the report's \
      folder.

      Examples:
        auscult evaluate fan.yaml --normal test/normal --anomalous test/rattling
        auscult evaluate fan.yaml --manifest fans.csv --report report/
        auscult evaluate fan.yaml --dataset towers/ --json | jq .pooled.auc
        auscult evaluate baseline.yaml --dcase dev_data/ --scores scores/

      --report writes report.html, metrics.json, scores.csv and every figure as SVG and PNG into a folder.
      """)

  @OptionGroup var input: GraphInput
  @Option(help: "The detector; required if the graph has several.", completion: .fileNodes) var node: String?
  @OptionGroup(title: "Recordings") var data: DataOptions
  @Option(
    help: ArgumentHelp("A folder with recordings of anomalous sound, to go with --normal.", valueName: "folder"),
    completion: .directory)
  var anomalous: String?
  @Option(help: ArgumentHelp("Write a report into this folder.", valueName: "folder"), completion: .directory)
  var report: String?
  @Option(
    help: ArgumentHelp(
      "With --dcase: write anomaly_score_MACHINE_section_NN_test.csv and decision_result_... into this folder.",
      valueName: "folder"), completion: .directory)
  var scores: String?
  @Flag(help: "Accept recordings that the model was trained on.") var force = false
  @Option(help: "Seed of the random numbers, for the intervals.") var seed: UInt64 = 42
  @Flag(help: "Print the figures as one JSON object, the content of metrics.json.") var json = false
  @OptionGroup var verbosity: ConsoleOptions

  func validate() throws {
    try data.check(with: anomalous)
    if scores != nil, data.dcase == nil { throw ValidationError("--scores goes with --dcase.") }
    if anomalous != nil, data.dataset != nil || data.manifest != nil || data.dcase != nil {
      throw ValidationError("--anomalous goes with --normal.")
    }
  }

  func run() throws {
    let console = verbosity.console(isJSON: json)
    try reporting(console) {
      let set = try data.load(anomalous: anomalous, console)
      let catalog = input.changes.catalog.load()
      let graph = try input.changes.load(input.graph, catalog: catalog, console: console, options: .init())
      let evaluation = try LongWork(console).run { callbacks in
        if let report {
          try ReportFolder.prepare(report, place: ReportPlace(report, graph: graph, set: set))
        }
        let scoreFiles = (scores ?? report).map { ScoreFiles($0, place: ReportPlace($0, graph: graph, set: set)) }
        if scores != nil { try scoreFiles?.prepare() }
        let evaluation = try EvaluationRun(
          graph, node: node, isForced: force, seed: seed, callbacks: callbacks
        ).run(set)
        if let challenge = ChallengeFigures(evaluation) { try scoreFiles?.write(challenge) }
        if let report {
          try ReportFolder(evaluation, graph: graph, catalog: catalog, path: report, callbacks: callbacks).write()
        }
        return evaluation
      }
      if json { Output.line(evaluation.json) } else { show(evaluation) }
      if let report { console.info("the report is in \(report)/report.html") }
      if let scores { console.info("the challenge's score files are in \(scores)") }
    }
  }

  private func show(_ evaluation: Evaluation) {
    let figures = FigureTable(evaluation)
    show(figures.headings, figures.rows, leading: 1, figures.notes)
    guard let challenge = ChallengeFigures(evaluation).map({ ChallengeTable($0) }) else { return }
    Output.line("")
    show(challenge.headings, challenge.rows, leading: 2, challenge.notes)
  }

  /// - Parameter leading: columns of names, which are aligned on the left.
  private func show(_ headings: [String], _ rows: [[String]], leading: Int, _ notes: [String]) {
    var table = Table(headings.enumerated().map { ($1, $0 < leading ? .left : .right) })
    for row in rows { table.add(row) }
    Output.line(table.text)
    for note in notes { Output.line(note) }
  }
}

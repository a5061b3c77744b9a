import ArgumentParser
import GraphEngine
import GraphText
import RunControl
import Training

/// `auscult compare`
struct Compare: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Trains graphs and judges by them, on the same recordings, and shows them in one table.",
    discussion: """
      Each graph's detector is trained with each seed and judges what is for testing. The table has the area under the \
      ROC curve (AUC) over recordings, the partial area, the share of normal tokens above the threshold, each with a 95 % \
      interval, and how each graph differs from the best, or from --reference; of labels other than normal and anomalous, \
      the accuracy. Seeds are averaged; a detector that draws no random numbers is trained once. One that learns while \
      it runs is judged as it is.

      Recordings without splits are divided once, the same for all graphs: a share of the normal ones, --test, and \
      all anomalous ones are judged. The graphs' own model files are neither read nor written.

      What came of each graph and seed is kept in --results. The same command goes on from there: after Ctrl-C, with a \
      graph more, or after a graph, a recording or the program was changed; only what that concerns is trained again.

      Examples:
        auscult compare graphs/machine.yaml graphs/watch-svm.yaml --dataset fan/
        auscult compare graphs/*.yaml --manifest fans.csv --seeds 3 --report report/
        auscult compare a.yaml b.yaml --dcase dev_data/ --reference a.yaml --json
        auscult compare a.yaml b.yaml --normal n/ --anomalous a/ --csv > table.csv

      --report writes report.html, comparison.json, comparison.csv, scores.csv and the figure into a folder.

      Exit status 1 when a graph failed; the others are compared all the same.
      """)

  @Argument(
    help: ArgumentHelp("Graph files.", valueName: "graph"), completion: .file(extensions: ["yaml", "yml"]))
  var graphs: [String]
  @OptionGroup var changes: GraphChanges
  @Option(help: "The detector; needed where a graph has several.") var node: String?
  @OptionGroup(title: "Recordings") var data: DataOptions
  @Option(
    help: ArgumentHelp("A folder with recordings of anomalous sound, to go with --normal.", valueName: "folder"),
    completion: .directory)
  var anomalous: String?
  @Option(
    help: ArgumentHelp(
      "Share of the normal recordings that is judged, where they don't say themselves what they are for.",
      valueName: "share"))
  var test = Share(0.3)
  @OptionGroup(title: "Thresholds") var thresholds: ThresholdOptions
  @Option(help: ArgumentHelp("How many seeds each detector is trained with.", valueName: "number")) var seeds = 1
  @Option(help: "The first seed; the others follow it.") var seed: UInt64 = 42
  @Option(
    help: ArgumentHelp("The graph that the others are measured against (default: the best).", valueName: "graph"),
    completion: .file(extensions: ["yaml", "yml"]))
  var reference: String?
  @Option(
    help: ArgumentHelp(
      "Keep what came of each graph and seed in this folder (default: results in that of the report, or "
        + "compare-results).", valueName: "folder"), completion: .directory)
  var results: String?
  @Option(help: ArgumentHelp("Write a report into this folder.", valueName: "folder"), completion: .directory)
  var report: String?
  @Flag(help: "Go on although something is learned from and judged as well.") var force = false
  @Flag(help: "Print one JSON object, the content of comparison.json.") var json = false
  @Flag(help: "Print comma-separated values, the content of comparison.csv.") var csv = false
  @OptionGroup var verbosity: ConsoleOptions

  func validate() throws {
    try data.check(with: anomalous)
    if anomalous != nil, data.dataset != nil || data.manifest != nil || data.dcase != nil {
      throw ValidationError("--anomalous goes with --normal.")
    }
    if data.normal != nil, anomalous == nil { throw ValidationError("--normal goes with --anomalous here.") }
    if json && csv { throw ValidationError("--csv and --json exclude each other.") }
    guard (1...1000).contains(seeds) else { throw ValidationError("--seeds takes a number from 1 to 1000.") }
    for (index, graph) in graphs.enumerated() where graphs[..<index].contains(graph) {
      throw ValidationError("'\(graph)' is given twice.")
    }
    if let reference, !graphs.contains(reference) {
      throw ValidationError("--reference '\(reference)' is none of the graphs: write it as it is written there.")
    }
  }

  func run() throws {
    let console = verbosity.console(isJSON: json)
    try reporting(console) {
      let set = try data.load(anomalous: anomalous, console)
      let entrants = load()
      let store = ResultStore(results ?? report.map { "\($0)/results" } ?? "compare-results")
      let comparison = try LongWork(console).run { callbacks in
        if let report {
          let place = ReportPlace(report, graphs: entrants.compactMap(\.loaded), set: set)
          try ComparisonReport.prepare(report, place: place)
        }
        return try ComparisonRun(options, store: store, callbacks: callbacks).run(entrants, set)
      }
      let figures = ComparisonFigures(comparison)
      if let report {
        try LongWork(console).run { try ComparisonReport(comparison, figures, path: report, callbacks: $0).write() }
      }
      show(comparison, figures)
      console.info("what came of each graph and seed is kept in \(store.folder)")
      if let report { console.info("the report is in \(report)/report.html") }
      for row in comparison.rows { if let failure = row.failure { console.error("\(row.path): \(failure)") } }
      if comparison.failures > 0 {
        throw Failure("\(comparison.failures) of \(Quantity.count(graphs.count, "graph")) failed")
      }
    }
  }

  private func load() -> [ComparisonRun.Entrant] {
    let catalog = changes.catalog.load()
    // Models are about to be made.
    let options = GraphOptions(missingFilesAreErrors: false)
    return graphs.map { path in
      ComparisonRun.Entrant(path) {
        try Graph.load(file: path, catalog: catalog, overrides: changes.overrides, options: options).graph
      }
    }
  }

  private var options: ComparisonRun.Options {
    var options = ComparisonRun.Options()
    options.node = node
    options.seeds = (0..<seeds).map { seed &+ UInt64($0) }
    options.rule = thresholds.rule
    options.test = test.number
    options.isForced = force
    options.reference = reference
    options.version = auscultVersion
    return options
  }

  private func show(_ comparison: Comparison, _ figures: ComparisonFigures) {
    if json { return Output.line(comparison.json(figures)) }
    if csv { return Output.data(comparison.csv(figures)) }
    let result = ComparisonTable(comparison, figures)
    for section in result.sections {
      if !section.title.isEmpty { Output.line("\n\(section.title)") }
      var table = Table(section.headings.enumerated().map { ($1, $0 < section.leading ? .left : .right) })
      for row in section.rows { table.add(row) }
      Output.line(table.text)
    }
    Output.line("")
    for note in result.notes { Output.line(note) }
  }
}

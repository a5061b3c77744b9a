import ArgumentParser
import GraphEngine
import GraphText
import RunControl
import Training

/// `auscult compare`
struct Compare: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "compare",
    abstract: "Trains and evaluates several graphs on the same recordings, and prints one table.",
    discussion: """
      The command trains each graph's detector with each seed, and judges the test recordings. The table has the area \
      under the ROC curve (AUC) over recordings, the partial area and the share of normal tokens above the threshold, \
      each with a 95 % interval. It also has the difference of each graph to the best, or to --reference. For labels other \
      than normal and anomalous, it has the accuracy. Seeds are averaged. A detector that draws no random numbers is \
      trained once. A detector that learns while it runs is judged without training.

      Recordings without splits are split once, the same for all graphs: the share --test of the normal recordings and \
      all anomalous ones are judged. The graphs' own model files are neither read nor written.

      The results of each graph and seed are kept in --results. After Ctrl-C, with another graph, or after a change of a \
      graph, a recording or the program, the same command continues: it only trains again where something changed.

      Examples:
        auscult compare graphs/machine.yaml graphs/watch-svm.yaml --dataset fan/
        auscult compare graphs/*.yaml --manifest fans.csv --seeds 3 --report report/
        auscult compare a.yaml b.yaml --dcase dev_data/ --reference a.yaml --json
        auscult compare a.yaml b.yaml --normal n/ --anomalous a/ --csv > table.csv

      --report writes report.html, comparison.json, comparison.csv, scores.csv and the figure into a folder.

      Exit status 1 when a graph failed; the others are still compared.
      """)

  @Argument(
    help: ArgumentHelp("Graph files.", valueName: "graph"), completion: .graphFile)
  var graphs: [String]
  @OptionGroup var changes: GraphChanges
  @Option(help: "The detector; required if a graph has several.", completion: .fileNodes) var node: String?
  @OptionGroup(title: "Recordings") var data: DataOptions
  @Option(
    help: ArgumentHelp("A folder with recordings of anomalous sound, to go with --normal.", valueName: "folder"),
    completion: .directory)
  var anomalous: String?
  @Option(
    help: ArgumentHelp(
      "Share of the normal recordings to judge, if the recordings have no splits.",
      valueName: "share"))
  var test = Share(0.3)
  @OptionGroup(title: "Thresholds") var thresholds: ThresholdOptions
  @Option(help: ArgumentHelp("How many seeds each detector is trained with.", valueName: "number")) var seeds = 1
  @Option(help: "The first seed; the others follow it.") var seed: UInt64 = 42
  @Option(
    help: ArgumentHelp("The graph that the others are measured against (default: the best).", valueName: "graph"),
    completion: .graphFile)
  var reference: String?
  @Option(
    help: ArgumentHelp(
      "Keep the results of each graph and seed in this folder (default: results in the report's folder, or "
        + "compare-results).", valueName: "folder"), completion: .directory)
  var results: String?
  @Option(help: ArgumentHelp("Write a report into this folder.", valueName: "folder"), completion: .directory)
  var report: String?
  @Flag(help: "Continue even if a recording is both learned from and judged.") var force = false
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
      throw ValidationError("--reference '\(reference)' is not one of the graphs: give the same path.")
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
      console.info("the results of each graph and seed are kept in \(store.folder)")
      if let report { console.info("the report is in \(report)/report.html") }
      for row in comparison.rows { if let failure = row.failure { console.error("\(row.path): \(failure)") } }
      if comparison.failures > 0 {
        throw Failure("\(comparison.failures) of \(Quantity.count(graphs.count, "graph")) failed")
      }
    }
  }

  private func load() -> [ComparisonRun.Entrant] {
    let catalog = changes.catalog.load()
    // The command makes the models.
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

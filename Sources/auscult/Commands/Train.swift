import ArgumentParser
import GraphEngine
import RunControl
import Training

/// `auscult train`
struct Train: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Trains a graph's detector on recordings, and sets its alarm thresholds.",
    discussion: """
      The recordings go through the very graph that will judge. Some are held out while learning (a fifth of them; of a \
      single one, stretches with a gap around): the threshold is set on them, so that normal sound gives no more than so \
      many false alarms an hour. The model is one file, for all machines; what is there is replaced when all is done.

      Examples:
        auscult train fan.yaml --normal recordings/ --output models/fan.safetensors
        auscult train fan.yaml --node judge --manifest fans.csv --output fans.safetensors
        auscult train corona.yaml --dataset towers/ --output towers.safetensors
        auscult train fan.yaml --normal recordings/ --output fan.safetensors --false-alarms-per-hour 0.1

      A detector that learns in epochs shows its losses as it goes; Ctrl-C ends that with the best so far and writes \
      the model, a second one gives up and writes nothing.

      The same seed and recordings give the same model, bit for bit, on one machine.
      """)

  @OptionGroup var input: GraphArgument
  @Option(help: "The detector; needed where the graph has several.") var node: String?
  @OptionGroup(title: "Recordings") var data: DataOptions
  @Option(
    name: .shortAndLong, help: ArgumentHelp("The model file to write.", valueName: "model"),
    completion: .file(extensions: ["safetensors"]))
  var output: String
  @OptionGroup(title: "Thresholds") var thresholds: ThresholdOptions
  @Option(
    help: ArgumentHelp("Share of the normal recordings that is held out for the threshold.", valueName: "share"))
  var heldOut = Share(0.2)
  @Option(
    help: ArgumentHelp(
      "Share of a --dataset that is set aside for `evaluate` (default: 15 % of a dataset without splits).",
      valueName: "share"))
  var test: Share?
  @Option(help: "Where random numbers begin.") var seed: UInt64 = 42
  @Flag(help: "Go on although something is learned from and judged as well.") var force = false
  @Flag(help: "Print what was learned as one JSON object.") var json = false
  @OptionGroup var talking: TalkOptions

  func validate() throws { try data.check() }

  func run() throws {
    let talk = talking.talk(isJSON: json)
    try reporting(talk) {
      let set = try data.load()
      let graph = try input.loadForTraining(talk: talk)
      var options = TrainingRun.Options()
      options.seed = seed
      options.rule = thresholds.rule
      options.heldOut = heldOut.number
      options.test = test?.number ?? (data.dataset == nil ? 0 : 0.15)
      options.isForced = force
      let work = LongWork(talk)
      let summary = try work.run {
        try TrainingRun(graph, node: node, options: options, conversation: $0).run(set, output: output)
      }
      if let epoch = summary.curves.compactMap(\.endedEarly).max() {
        talk.warning("learning ended early at epoch \(epoch) by request; the model holds the best until then")
      }
      let report = TrainingReport(summary, output: output)
      if json { Output.line(report.json) } else { Output.line(report.text) }
    }
  }
}

/// A graph file whose model need not be there yet.
struct GraphArgument: ParsableArguments {
  @Argument(help: "The graph file.", completion: .file(extensions: ["yaml", "yml"])) var graph: String
  @OptionGroup var changes: GraphChanges

  /// Says nothing of models that are missing: they are about to be made, or replaced.
  func loadForTraining(talk: Talk) throws -> Graph {
    let options = GraphOptions(missingFilesAreErrors: false)
    return try Graph.load(
      file: graph, catalog: changes.catalog.load(), overrides: changes.overrides, options: options
    ).graph
  }
}

import ArgumentParser
import GraphEngine
import GraphText
import LiveControl
import NodeHost
import RunControl
import Training

/// `auscult train`
struct Train: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "train",
    abstract: "Trains a graph's detector on recordings, or live, and sets its alarm thresholds.",
    discussion: """
      The recordings go through the same graph that later judges. The threshold is set so that normal sound stays within \
      a budget of false alarms per hour: events of the graph's 'alarm', with its delays. For this, each recording (of one \
      or two recordings, each stretch) is judged by a model that has not learned from it. The threshold allows for the \
      differences between recordings. If the sound is too short for the budget, the threshold is set high, and the command \
      says how much more to record. The model itself learns from all recordings. It is one file for all machines, and \
      replaces an existing one at the end.

      Examples:
        auscult train fan.yaml --normal recordings/ --output models/fan.safetensors
        auscult train fan.yaml --node judge --manifest fans.csv --output fans.safetensors
        auscult train corona.yaml --dataset towers/ --output towers.safetensors
        auscult train baseline.yaml --dcase dev_data/ --output dcase.safetensors
        auscult train fan.yaml --normal recordings/ --output fan.safetensors --false-alarms-per-hour 0.1
        auscult train fan.yaml --normal recordings/ --output fan.safetensors --augment pitch=1,noise=0.005
        auscult train fan.yaml --live --output fan.safetensors

      With --live the graph runs as a JACK client, up to the detector. A thread that only uses idle processor time learns \
      from the tokens. A detector that learns in rounds takes --round tokens at a time and continues from the previous \
      round, until the loss on its own validation tokens is below --until-loss. After the tokens of a round, further ones \
      (the share --held-out, at least one, after a gap of one token) are held out; those of all rounds set the threshold. \
      Then the command writes the model, and the whole graph watches with it, in the same process and without a break. \
      Silent tokens, and tokens after a gap, are ignored. Other detectors listen for --duration, and learn once.

      A detector that learns in epochs shows its losses while it learns. The first Ctrl-C ends learning and writes the best \
      model so far, a second one writes nothing.

      --augment adds altered copies of each training recording. Held-out recordings and the detector's own validation \
      data are not altered.

      The same seed and recordings give the same model, bit for bit, on one machine.
      """)

  @OptionGroup var input: GraphArgument
  @Option(help: "The detector; required if the graph has several.", completion: .fileNodes) var node: String?
  @OptionGroup(title: "Recordings") var data: DataOptions
  @Option(
    name: .shortAndLong, help: ArgumentHelp("The model file to write.", valueName: "model"),
    completion: .file(extensions: ["safetensors"]))
  var output: String
  @OptionGroup(title: "Thresholds") var thresholds: ThresholdOptions
  @Option(
    help: ArgumentHelp(
      "Share of the normal recordings to hold out at a time, to set the threshold (default: one of up to ten "
        + "recordings, a fifth of more, a third with networks; --live: 20 %).", valueName: "share"))
  var heldOut: Share?
  @Option(
    help: ArgumentHelp(
      "Share of a --dataset, --mimii or --toyadmos that is set aside for `evaluate` (default: 15 % of one without splits).",
      valueName: "share"))
  var test: Share?
  @Option(
    help: ArgumentHelp(
      "Also learn from an altered copy of each training recording. The seed draws one change: pitch=1 (up to a semitone up "
        + "or down), stretch=0.1 (0.9 to 1.1 times the speed), noise=0.005 (standard deviation, of full scale).",
      valueName: "kinds"), transform: Train.augmentation)
  var augment: Augmentation?
  @Option(help: ArgumentHelp("Copies of each with --augment (default: 1).", valueName: "number")) var copies: Int?
  @Option(help: "Seed of the random numbers.") var seed: UInt64 = 42
  @Flag(help: "Continue even if a recording is both learned from and judged.") var force = false
  @OptionGroup(title: "Live") var rounds: RoundOptions
  @OptionGroup(title: "Live, as with `auscult run`") var live: LiveOptions
  @Option(help: "Frames per second, with --start-server (default: 48000).") var rate: Rate?
  @Option(help: ArgumentHelp("Frames in a cycle, with --start-server (default: 1024).", valueName: "frames"))
  var period: Period?
  @Flag(help: "Print what was learned as one JSON object.") var json = false
  @OptionGroup var verbosity: ConsoleOptions

  private static func augmentation(_ text: String) throws -> Augmentation {
    do { return try Augmentation(text) } catch { throw ValidationError(error.description) }
  }

  func validate() throws {
    if let copies {
      if augment == nil { throw ValidationError("--copies goes with --augment.") }
      guard (1...1000).contains(copies) else { throw ValidationError("--copies takes a number from 1 to 1000.") }
    }
    guard rounds.live else {
      try data.check()
      let given = rounds.given + live.given + (rate == nil ? [] : ["--rate"]) + (period == nil ? [] : ["--period"])
      if let option = given.first { throw ValidationError("\(option) goes with --live.") }
      return
    }
    if data.isGiven {
      throw ValidationError("--live listens; it excludes --normal, --dataset, --manifest and --dcase.")
    }
    if test != nil || force || augment != nil {
      throw ValidationError("--test, --force and --augment are for recordings.")
    }
    if !live.startServer, rate != nil || period != nil {
      throw ValidationError("--rate and --period are for --start-server: a JACK server has its own.")
    }
    if live.startServer, live.reconnect {
      throw ValidationError("--reconnect does not go with --start-server: a private server does not come back.")
    }
    if let period, period.lengths.count > 1 { throw ValidationError("A JACK server has one --period.") }
  }

  func run() throws {
    let console = verbosity.console(isJSON: json)
    try reporting(console) {
      if rounds.live { return try runLive(console) }
      let set = try data.load(console)
      let graph = try input.loadForTraining(console: console)
      var options = TrainingRun.Options()
      options.seed = seed
      options.rule = thresholds.rule
      options.heldOut = heldOut?.number
      options.test = test?.number ?? (set.isDataset ? 0.15 : 0)
      options.isForced = force
      options.augmentation = augment
      if let copies { options.augmentation?.copies = copies }
      let work = LongWork(console)
      let summary = try work.run {
        try TrainingRun(graph, node: node, options: options, callbacks: $0).run(set, output: output)
      }
      if let epoch = summary.curves.compactMap(\.endedEarly).max() {
        console.warning("learning ended early at epoch \(epoch) by request; the model has the best epoch so far")
      }
      tellFalling(summary, try graph.detector(node), console)
      show(summary)
    }
  }

  private func show(_ summary: TrainingRun.Summary) {
    let report = TrainingReport(summary, output: output)
    if json { Output.line(report.json) } else { Output.line(report.text) }
  }

  private func tellFalling(_ summary: TrainingRun.Summary, _ detector: Graph.Node, _ console: Console) {
    let falling = summary.curves.filter(\.stillFalls)
    guard !falling.isEmpty, detector.nodeClass.parameter("epochs") != nil else { return }
    let names = falling.compactMap(\.machine)
    let last = falling.compactMap { $0.epochs.last?.number }.max() ?? 0
    console.info(
      (names.isEmpty || summary.model.machines.count == 1 ? "" : "\(names.joined(separator: ", ")): ")
        + "the loss was still falling at the last epoch (\(last)): more epochs may make a better model, such as "
        + "--set \(detector.name).epochs=\(2 * last)")
  }

  /// Trains while the graph runs live.
  private func runLive(_ console: Console) throws {
    let catalog = input.changes.catalog.load(isPrivate: true)
    let graph = try input.loadForTraining(console: console, catalog: catalog)
    var training = rounds.options
    training.seed = seed
    training.rule = thresholds.rule
    if let heldOut { training.heldOut = heldOut.number }
    let detector = try Failure.wording { try LiveTraining.detector(of: graph, node, training) }
    var source = GraphSource(file: input.graph, overrides: input.changes.overrides, graph: graph)
    let path = output.hasPrefix("/") ? output : source.workingDirectory + "/" + output
    source.overrides.append(OverrideText("\(detector.name).model=\(path)", origin: "train"))
    var options = LiveTrainingTask.Options(output: output)
    options.node = detector.name
    options.training = training
    options.endsTrained = rounds.end
    try LiveCommand(
      graph: graph, source: source, catalog: catalog, options: live, rate: rate?.number ?? 48000,
      period: period?.lengths[0] ?? 1024, duration: nil, console: console,
      task: { rate, log, wake in
        try LiveTrainingTask(
          graph, source: source, catalog: catalog, rate: rate, options: options, callbacks: WorkCallbacks(console, log),
          wake: wake, tell: { console.tell($0, trained: show) })
      }
    ).run()
  }
}

/// A graph file whose model may not exist yet.
struct GraphArgument: ParsableArguments {
  @Argument(help: "The graph file.", completion: .graphFile) var graph: String
  @OptionGroup var changes: GraphChanges

  /// Reports no missing models: the command makes or replaces them.
  func loadForTraining(console: Console, catalog: PluginCatalog? = nil) throws -> Graph {
    let options = GraphOptions(missingFilesAreErrors: false)
    return try Graph.load(
      file: graph, catalog: catalog ?? changes.catalog.load(), overrides: changes.overrides, options: options
    ).graph
  }
}

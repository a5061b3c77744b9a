import ArgumentParser
import FoundationEssentials
import Glibc
import GraphEngine
import GraphText
import LiveControl
import NodeHost
import RunControl
import Training

/// `auscult adapt`
struct Adapt: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "adapt",
    abstract: "Adapts a model to another microphone or place, by a minute of normal sound from there.",
    discussion: """
      Another microphone, or another place for it, is a filter: an offset in dB for each band. The command measures the \
      offsets between the sound that the model learned and normal sound here. It moves the model by them and sets its \
      thresholds again, as `calibrate` does, without training. The model keeps the offsets and their history.

      The command writes nothing if the sound is too short, or if offsets don't explain the difference: then it is another \
      machine, or the machine is not healthy.

      With --live the command listens as a JACK client of its own. If the graph runs, the adapted model then judges in the \
      shadow of the present one: `auscult shadow status` compares them, `auscult promote` lets it take over.

      Examples:
        auscult adapt fan.yaml --normal monday.wav tuesday.wav
        auscult adapt fan.yaml --normal here/ --output models/fan-here.safetensors
        auscult adapt fan.yaml --live --duration 2min --output models/fan-here.safetensors
      """)

  @OptionGroup var input: GraphInput
  @Option(help: "The detector; required if the graph has several.", completion: .fileNodes) var node: String?
  @Option(
    parsing: .upToNextOption,
    help: ArgumentHelp("Recordings of normal sound here, or folders of them.", valueName: "files"),
    completion: .file())
  var normal: [String] = []
  @Flag(help: "Listen to normal sound on JACK instead.") var live = false
  @Option(help: ArgumentHelp("How long to listen with --live (default: 60 s).", valueName: "time"))
  var duration: Seconds?
  @OptionGroup(title: "Thresholds") var thresholds: ThresholdOptions
  @Option(
    name: .shortAndLong, help: ArgumentHelp("Write the model to this file instead of its own.", valueName: "model"))
  var output: String?
  @Flag(
    help:
      "Continue even if offsets don't explain the difference, a sensor is stuck, or the model was trained on the recordings."
  )
  var force = false
  @OptionGroup(title: "Live, as with `auscult run`") var options: LiveOptions
  @Option(help: "Frames per second, with --start-server (default: 48000).") var rate: Rate?
  @Option(help: ArgumentHelp("Frames in a cycle, with --start-server (default: 1024).", valueName: "frames"))
  var period: Period?
  @Flag(help: "Print the offsets and figures as one JSON object.") var json = false
  @OptionGroup var verbosity: ConsoleOptions

  func validate() throws {
    guard live != !normal.isEmpty else {
      throw ValidationError("Give normal sound by --normal FILES, or --live.")
    }
    let given = options.given + (rate == nil ? [] : ["--rate"]) + (period == nil ? [] : ["--period"])
    if !live, let option = given.first ?? (duration == nil ? nil : "--duration") {
      throw ValidationError("\(option) goes with --live.")
    }
    if !options.startServer, rate != nil || period != nil {
      throw ValidationError("--rate and --period are for --start-server: a JACK server has its own.")
    }
    if options.watch || options.watchPlugins {
      throw ValidationError("--watch and --watch-plugins are for `auscult run`.")
    }
    if let period, period.lengths.count > 1 { throw ValidationError("A JACK server has one --period.") }
  }

  func run() throws {
    let console = verbosity.console(isJSON: json)
    try reporting(console) {
      var adaptation = AdaptationOptions()
      adaptation.rule = thresholds.rule
      adaptation.isForced = force
      if let duration { adaptation.seconds = duration.number }
      if live { return try runLive(adaptation, console) }
      let set = try Failure.wording { try RecordingSet.files(normal, label: Label.normal) }
      for warning in set.warnings { console.warning(warning) }
      let graph = try input.load(console: console)
      let (summary, path) = try LongWork(console).run { callbacks in
        let run = try AdaptationRun(graph, node: node, options: adaptation, callbacks: callbacks)
        let path = output ?? run.modelPath
        return (try run.run(set, output: path), path)
      }
      show(summary, path)
    }
  }

  private func show(_ summary: AdaptationSummary, _ path: String) {
    let report = AdaptReport(summary, output: path)
    if json { Output.line(report.json) } else { Output.line(report.text) }
  }

  /// Listens as a JACK client; then the adapted model judges in the shadow of the present one.
  private func runLive(_ adaptation: AdaptationOptions, _ console: Console) throws {
    let catalog = input.changes.catalog.load(isPrivate: true)
    let graph = try input.load(catalog: catalog, console: console)
    let detector = try Failure.wording { try AdaptationRun.detector(of: graph, node) }
    guard case .text(let model)? = detector.argument("model")?.value else { return }
    let path = output ?? model
    var options = options
    options.name = options.name ?? "\(graph.name)-adapt"
    var task: LiveAdaptationTask?
    try LiveCommand(
      graph: graph, source: GraphSource(file: input.graph, overrides: input.changes.overrides, graph: graph),
      catalog: catalog, options: options, rate: rate?.number ?? 48000, period: period?.lengths[0] ?? 1024,
      duration: nil, console: console,
      task: { rate, log, wake in
        let made = try LiveAdaptationTask(
          graph, node: detector.name, rate: rate, options: adaptation, output: path,
          callbacks: WorkCallbacks(console, log), wake: wake, tell: { console.tell($0) { _ in } })
        task = made
        return made
      }
    ).run()
    guard let summary = task?.summary else { return }
    show(summary, path)
    if !json { try shadow(graph.name, detector.name, path) }
  }

  /// If the graph runs: starts the adapted model as a candidate.
  private func shadow(_ graph: String, _ node: String, _ path: String) throws {
    guard ControlClient.running().contains(where: { $0.name == graph }) else { return }
    var request = ChangeRequest(.shadow)
    request.node = node
    request.values = ["model=\(path)"]
    request.folder = FileManager.default.currentDirectoryPath
    let isDone = try RunLookup.client(graph) { try ChangeClient($0, isJSON: false).follow(request) }
    if !isDone { throw ExitCode.failure }
  }
}

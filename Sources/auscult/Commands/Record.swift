import ArgumentParser
import GraphEngine
import LiveControl
import NodeHost
import Records
import RunControl
import Tapes

/// `auscult record`
struct RecordCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "record",
    abstract: "Records each machine into a folder of its own, to learn from.",
    discussion: """
      Records the sources of a graph, or the ports of --connect, as 32-bit float WAV: DIR/MACHINE/TIME.wav, which \
      `train --normal DIR/MACHINE` takes. It watches the levels meanwhile, warns when an input clips, and says at the end \
      what to change. Ctrl-C ends it earlier; what was recorded stays.

      Examples:
        auscult record fan.yaml --minutes 20 --into normal
        auscult record --connect system:capture_1 --machine fan-03 --minutes 20
        auscult train fan.yaml --normal normal/fan-03 --output fan-03.safetensors

      Exit status 1 when a machine was silent, or nothing was recorded.
      """)

  @Argument(help: "The graph whose sources are recorded.", completion: .graphFile)
  var graph: String?
  @OptionGroup var changes: GraphChanges
  @Option(
    help: ArgumentHelp("A JACK port to record, instead of a graph; repeatable.", valueName: "port"),
    completion: .ports)
  var connect: [String] = []
  @Option(help: "The machine of each --connect, in their order.", completion: .machines) var machine: [String] = []
  @Option(help: "How long to record.") var minutes = 10.0
  @Option(help: "The folder for the recordings.", completion: .directory) var into = "recordings"
  @OptionGroup(title: "Live, as with `auscult run`") var live: LiveOptions
  @Option(help: "Frames per second, with --start-server (default: 48000).") var rate: Rate?
  @Option(help: ArgumentHelp("Frames in a cycle, with --start-server (default: 1024).", valueName: "frames"))
  var period: Period?
  @Flag(help: "Print the recordings as one JSON object.") var json = false
  @OptionGroup var verbosity: ConsoleOptions

  func validate() throws {
    guard (graph == nil) == !connect.isEmpty else {
      throw ValidationError("Give a graph, or ports with --connect.")
    }
    if connect.count != machine.count { throw ValidationError("Give one --machine for each --connect.") }
    guard minutes > 0, minutes <= 100_000 else { throw ValidationError("--minutes is above 0, up to 100000.") }
    if !live.startServer, rate != nil || period != nil {
      throw ValidationError("--rate and --period are for --start-server: a JACK server has its own.")
    }
    if live.watch || live.watchPlugins || live.origin != nil {
      throw ValidationError("--watch, --watch-plugins and --origin are for `auscult run`.")
    }
  }

  func run() throws {
    let console = verbosity.console(isJSON: json)
    try reporting(console) {
      let catalog = changes.catalog.load()
      let recording = try RecordingGraph(try sources(catalog), into: into, at: WallClock.now)
      let graph = try recording.make(catalog)
      let levels = LevelWatch(recording.machines, console)
      levels.begin()
      defer { _ = levels.end() }
      let end = try LiveCommand(
        graph: graph, source: GraphSource(file: "record", overrides: [], graph: graph), catalog: catalog, options: live,
        rate: rate?.number ?? 48000, period: period?.lengths[0] ?? 1024, duration: minutes * 60, console: console
      ).run()
      try RecordingReport(recording.machines, levels.end(), end, console).show(json: json)
    }
  }

  private func sources(_ catalog: PluginCatalog) throws -> [RecordingGraph.Source] {
    guard let graph else { return [RecordingGraph.Source(ports: connect, machines: machine)] }
    // The models of its detectors need not exist yet.
    let options = GraphOptions(missingFilesAreErrors: false)
    return try RecordingGraph.sources(
      of: Graph.load(file: graph, catalog: catalog, overrides: changes.overrides, options: options).graph)
  }
}

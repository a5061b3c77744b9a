import ArgumentParser
import GraphEngine
import GraphText

/// `auscult bench`
struct Bench: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "bench",
    abstract: "Measures the cost of a graph: time per cycle and node, memory, how many machines a core carries.",
    discussion: """
      Runs the graph as fast as possible, on one thread, on noise or on a file. Prints the time of each node per cycle, \
      the engine's own time, and how many times faster than real time the whole graph is. The graph's sinks run too, and \
      write into a scratch folder.

      Every figure comes from cycles of --period frames; cycles above 1024 frames are run in several calls. Node times \
      are measured with two time stamps around each call, whose own cost is measured and subtracted. The total and the \
      real-time factor come from a separate run without such stamps. 'run over a file' is what `auscult run` takes with \
      this period, in processor time of all threads for each cycle, and its parts.

      With --machines, raises the channels of the graph's sources until 99.9 % of the cycles no longer fit into the \
      period on the realtime thread, or the whole graph takes more than one core, both in processor time. Each copy of a \
      machine is judged by a copy of its model.

      With --swap, the graph changes all the time: this value comes and goes, as by `auscult apply`. Prints how long \
      cycles take meanwhile, as shares of the period.

      Examples:
        auscult bench fan.yaml
        auscult bench fan.yaml --period 64 --seconds 60
        auscult bench fan.yaml --input monday.wav --json
        auscult bench fan.yaml --machines
        auscult bench fan.yaml --swap stft.window=hamming --period 64 --seconds 600
      """)

  @OptionGroup var input: GraphInput

  @Option(help: ArgumentHelp("How much sound to run.", valueName: "time")) var seconds = Seconds(10)

  @Option(help: ArgumentHelp("Frames in a cycle.", valueName: "frames")) var period = Period(256)

  @Option(help: "Frames per second of the noise (default: 48000).") var rate: Rate?

  @Option(name: .customLong("input"), help: "An audio file to run on, instead of noise.", completion: .file())
  var file: String?

  @Flag(help: "Find how many machines one core carries, on noise.") var machines = false

  @Option(
    help: ArgumentHelp(
      "Change this value all the time, and measure each cycle, on noise. Repeatable: all change at once.",
      valueName: "node.parameter=value"))
  var swap: [String] = []

  @Flag(help: "Print one JSON object.") var json = false

  func validate() throws {
    if file != nil, machines { throw ValidationError("--machines runs on noise: it excludes --input.") }
    if file != nil || machines, !swap.isEmpty {
      throw ValidationError("--swap runs on noise, alone: it excludes --input and --machines.")
    }
    if file != nil, rate != nil { throw ValidationError("--rate is for noise: a file has its own.") }
    if period.lengths.count > 1 { throw ValidationError("bench measures one --period.") }
  }

  func run() throws {
    let scratch = try ScratchOutputs()
    defer { scratch.remove() }
    if !swap.isEmpty { return try measureSwaps(scratch) }
    let graph = try scratch.redirect(input.load(console: .plain))
    let sound = try BenchSound(file: file, rate: rate?.number ?? 48000, seconds: seconds.number)
    if machines { return try findMachines(graph, rate: sound.rate, scratch) }
    let bench = BenchRun(graph: graph, sound: sound, period: period.lengths[0], folder: scratch.folder)
    let report = BenchReport(try bench.measure(), graph: graph.name)
    if json { Output.line(report.json) } else { Output.line(report.text) }
  }

  private func findMachines(_ graph: Graph, rate: Int, _ scratch: ScratchOutputs) throws {
    let search = MachineSearch(
      graph: try RaisedGraph(graph, folder: scratch.folder), rate: rate, period: period.lengths[0])
    let report = MachineReport(try search.run(), graph: graph.name, rate: rate, period: period.lengths[0])
    if json { Output.line(report.json) } else { Output.line(report.text) }
  }

  private func measureSwaps(_ scratch: ScratchOutputs) throws {
    let catalog = input.changes.catalog.load()
    var other = input
    other.changes.overrides += swap
    let graphs = try [input, other].map { try scratch.redirect($0.load(catalog: catalog, console: .plain)) }
    let rate = rate?.number ?? 48000
    let measurement = SwapMeasurement(
      graphs: graphs, rate: rate, period: period.lengths[0], seconds: seconds.number)
    let report = SwapReport(
      result: try measurement.run(), graph: graphs[0].name, rate: rate, period: period.lengths[0])
    if json { Output.line(report.json) } else { Output.line(report.text) }
  }
}

import Glibc
import GraphEngine
import JACKDriver
import LiveControl
import RunControl

/// Prints the figures and events of a live run.
///
/// Thread: control.
final class LiveReport: LiveRunReporter {
  private static let interval = Duration.seconds(10)
  private let console: Console
  private let log: EngineLog
  private var toldXruns: Int64 = 0
  private var nextXruns = ContinuousClock.now

  init(console: Console, log: EngineLog) {
    self.console = console
    self.log = log
  }

  /// The run's inputs, outputs and latency.
  func begin(_ figures: RunFigures, _ engine: Engine, ports: [String]) {
    let server = figures.driver.server
    let period = figures.driver.period
    let inputs = engine.externalInputs
    let path = engine.describe().map(\.pathLatency).max() ?? 0
    let lines =
      [
        "'\(figures.name)' runs on the JACK server '\(server)': \(figures.rate) Hz, \(period) frames a "
          + "period (\(Quantity.milliseconds(Double(period) * 1000 / Double(figures.rate))))"
      ]
      + zip(ports, inputs).map { "listens at \(figures.name):\($0)\(machine($1))" }
      + zip(ports.dropFirst(inputs.count), engine.externalOutputs).map {
        "plays at \(figures.name):\($0)\(latency($1, figures.rate))"
      }
      + ["latency from a sample to the last result that contains it: \(Quantity.frames(path, rate: figures.rate))"]
    console.info(
      lines,
      object: [
        "kind": "started", "name": .text(figures.name), "server": .text(server),
        "rate": .integer(figures.rate), "period": .integer(period),
        "inputs": .array(
          zip(ports, inputs).map { ["port": .text("\(figures.name):\($0)"), "machine": .text($1.machine)] }),
        "outputs": .texts(ports.dropFirst(inputs.count).map { "\(figures.name):\($0)" }),
        "latency_frames": .integer(path),
      ])
  }

  private func machine(_ input: ExternalPort) -> String { input.machine == input.node ? "" : " (\(input.machine))" }

  private func latency(_ output: ExternalPort, _ rate: Int) -> String {
    output.latency.map { ", \(Quantity.frames($0, rate: rate)) after the input" } ?? ""
  }

  func event(_ event: JACKEvent) {
    switch event {
    case .serverLost, .otherRate, .leftBehind, .lost, .mixed, .waiting: console.warning(event.description)
    default: console.info(event.description)
    }
  }

  /// The result of a change of the graph.
  func change(_ request: ChangeRequest, _ record: ChangeRecord) {
    if request.isDryRun { return }
    // The command that asked for a change prints its diagnostics itself.
    if request.isWatched { console.show(record.diagnostics.map(\.relative)) }
    let line = ChangeLine(request, record)
    if record.state == .failed && request.isWatched {
      console.warning(line.text)
    } else {
      console.info([line.text], object: line.object)
    }
  }

  /// Called about ten times a second: prints new alarm events and xruns.
  func update(_ figures: RunFigures, _ engine: Engine) {
    log.showHeld()
    for event in engine.takeAlarmEvents() { tell(event, rate: figures.rate, engine) }
    let untold = engine.takeUntoldAlarmEvents()
    if untold > 0 {
      console.warning(
        "\(Quantity.count(untold, "alarm event")) came too fast to be shown here; the graph's sinks have them")
    }
    guard figures.statistics.xruns > toldXruns, ContinuousClock.now >= nextXruns else { return }
    tellXruns(figures)
  }

  /// Alarm events are shown to people, on a terminal and in the journal: the graph's sinks write them in any case.
  private func tell(_ event: AlarmEvent, rate: Int, _ engine: Engine) {
    guard console.isJSON || JournalLevels.areWanted || isatty(STDERR_FILENO) == 1 else { return }
    let isTrouble = event.state == .raised || event.state == .repeated || event.state == .deaf
    console.tell(
      isTrouble ? .warning : .info, event.words(rate: rate),
      object: event.json(rate: rate, graph: engine.graph.name, liveSince: engine.liveSince))
  }

  private func tellXruns(_ figures: RunFigures) {
    let xruns = figures.statistics.xruns
    console.warning(
      "JACK reported \(Quantity.count(xruns - toldXruns, "xrun"))"
        + (toldXruns > 0 ? ", \(xruns) in total," : "") + " until frame position \(figures.statistics.position)")
    toldXruns = xruns
    nextXruns = .now + Self.interval
  }

  /// Called at the end, when the engine has stopped.
  func end(_ figures: RunFigures) {
    if figures.statistics.xruns > toldXruns { tellXruns(figures) }
    log.showHeld(all: true)
    console.info([figures.summary], object: figures.json(kind: "summary"))
  }
}

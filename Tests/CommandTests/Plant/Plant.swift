import Foundation
import Glibc
import RunControl
import TestSupport
import Testing

/// What a watch depends on, each part to be taken away and given back: a JACK server, a machine that fails on request, an
/// MQTT broker, a disk that can be full. And the watch itself.
final class Plant {
  let folder = ScratchFolder()
  let broker: Broker
  let subscriber: Subscriber
  let disk: SmallDisk
  private let number = "\(getpid())-\(UInt32.random(in: 0...UInt32.max))"
  private var server: Process?
  private(set) var machine: LiveCommand?
  /// What the machine's program said until it was stopped.
  private(set) var machineSaid = ""
  /// Seconds of sound before each failure. A clip begins half a second before its alarm.
  private let calm: Double
  private(set) var watch: LiveCommand?
  var auscult: Command { Command(folder) }
  var machineName: String { "machine-\(number)" }
  var watchName: String { "watch-\(number)" }
  /// A name as `run --start-server` gives: if this process is killed, the next private server frees its place in JACK's
  /// registry, which has eight.
  private let serverName = "auscult-\(getpid())-\(String(UInt32.random(in: 0...UInt32.max), radix: 36))"

  init(calm: Double) throws {
    self.calm = calm
    broker = try Broker()
    subscriber = try Subscriber(broker, topic: "auscult/#")
    disk = try SmallDisk(folder.file("disk"), megabytes: 12)
    try folder.write("machine.yaml", Self.machineGraph)
    try folder.write("watch.yaml", watchGraph)
    try startServer()
    try startMachine()
    try startWatch()
  }

  deinit {
    (machine, watch) = (nil, nil)
    endServer()
    disk.unmount()
  }

  /// A fan, and the noise of its fault, which is silent until `loud.gain` is set. It keeps what it plays.
  private static let machineGraph = """
    graph: machine
    nodes:
      fan:   { type: source.synth, machine: fan, seed: 1, wander: 0 % }
      fault: { type: source.synth, machine: pump, seed: 2, wander: 0 % }
      loud:  { type: gain, gain: 0 }
      sum:   { type: mix }
      out:   { type: sink.audio }
      tape:  { type: sink.wav, path: machine.wav, format: float }
    links:
      - fan -> sum
      - fault -> loud -> sum
      - sum -> out
      - sum -> tape
    """

  /// All that people get of the watch is on the small disk; the tape, which a test compares it with, is not.
  private var watchGraph: String {
    """
    graph: watch
    nodes:
      mic:    { type: source, machines: [fan], connect: "\(machineName):out" }
      stft:   { type: stft, length: 512, hop: 256 }
      mel:    { type: mel, bands: 16 }
      level:  { type: normalize, mode: decibel }
      slices: { type: slicer, length: 0.1 s, hop: 0.1 s }
      judge:  { type: detector.level, learn: 1 s, threshold: 30 }
      alarm:  { type: alarm, on: 0.3 s, off: 0.5 s }
      clip:   { type: sink.clip, path: disk/clips, before: 0.5 s, after: 0.5 s, longest: 20 s, format: wav }
      past:   { type: sink.sqlite, path: disk/past.sqlite }
      log:    { type: sink.jsonl, path: disk/log.jsonl }
      out:    { type: sink.mqtt, broker: "mqtt://127.0.0.1:\(broker.port)", queue: disk/queue }
      tape:   { type: sink.wav, path: tape.wav, format: float }
    links:
      - mic -> stft -> mel -> level -> slices -> judge -> alarm
      - judge -> past
      - judge -> log
      - alarm -> past
      - alarm -> log
      - alarm -> out
      - mic -> clip.audio
      - alarm -> clip.event
      - mic -> tape
    """
  }

  // MARK: The JACK server

  /// With realtime priority where that is permitted: then no cycle is lost on a busy computer.
  func startServer() throws {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/jackd")
    process.arguments = ["-n", serverName, "-R", "-d", "dummy", "-r", "48000", "-p", "1024"]
    process.standardOutput = FileHandle.nullDevice
    process.standardError = FileHandle.nullDevice
    try process.run()
    process.closeFiles()
    server = process
  }

  func killServer() {
    guard let server else { return }
    kill(server.processIdentifier, SIGKILL)
    server.waitUntilExit()
    self.server = nil
  }

  /// In good order, so that it keeps no place in JACK's registry.
  private func endServer() {
    server?.terminate()
    try? waitUntil(seconds: 20) { server?.isRunning != true }
    killServer()
  }

  // MARK: The machine

  func startMachine() throws {
    let live = try LiveCommand(
      auscult,
      arguments: ["run", "machine.yaml", "--server", serverName, "--reconnect", "--name", machineName])
    machine = live
    try waitUntil { try status(machineName) != nil }
  }

  func stopMachine() throws {
    let stopped = try auscult("stop", machineName)
    try #require(stopped.status == 0, "\(stopped.err)")
    machineSaid += try machine?.end().err ?? ""
    machine = nil
  }

  /// Makes the machine loud until the watch has raised an alarm, then quiet until it is cleared.
  func fail(then body: () throws -> Void = {}) throws {
    try listen()
    let before = try alarms("raised")
    try set("loud.gain", "8")
    try waitUntil { try alarms("raised") > before }
    try body()
    try set("loud.gain", "0")
    try waitUntil { try alarms("cleared") > before }
  }

  private func set(_ parameter: String, _ value: String) throws {
    let node = parameter.split(separator: ".")
    let outcome = try auscult("set", String(node[0]), "\(node[1])=\(value)", "--graph", machineName)
    if outcome.status == 0 { return }
    let end = machine?.process.isRunning == false ? try machine?.end() : nil
    throw Unplugged(reason: "\(outcome.err); the machine: \(end.map { "\($0.status) \($0.err)" } ?? "runs")")
  }

  struct Unplugged: Error {
    var reason: String
  }

  // MARK: The watch

  func startWatch() throws {
    let live = try LiveCommand(
      auscult, arguments: ["run", "watch.yaml", "--server", serverName, "--reconnect", "--name", watchName])
    watch = live
    try waitUntilItJudges()
  }

  func killWatch() throws {
    watch?.signal(SIGKILL)
    _ = try watch?.end()
    watch = nil
  }

  func stopWatch() throws -> Outcome {
    let stopped = try auscult("stop", watchName)
    try #require(stopped.status == 0, "\(stopped.err)")
    defer { watch = nil }
    return try #require(try watch?.end())
  }

  /// Until the watch has heard the machine for a while.
  func listen() throws {
    let begin = try #require(try status(watchName)?["position"]?.integer)
    try waitUntil { (try status(watchName)?["position"]?.integer ?? 0) > begin + Int64(calm * 48000) }
  }

  /// A figure of a node of the watch.
  func figure(_ node: String, _ name: String) throws -> Double? {
    try status(watchName)?["figures"]?[node]?[name]?.number
  }

  /// Until it hears the machine and has learned.
  func waitUntilItJudges() throws {
    do {
      try waitUntil {
        let machine = try status(watchName)?["machines"]?.array?.first
        return machine?["health"] == "ok" && (machine?["scores"]?.array?.first?["age_seconds"]?.number ?? 9) < 1
      }
    } catch {
      throw Deaf(status: try status(watchName))
    }
  }

  struct Deaf: Error {
    var status: JSONValue?
  }

  /// The answer of `auscult status`; nil: there is none.
  func status(_ name: String) throws -> JSONValue? {
    let outcome = try auscult("status", name, "--json")
    return outcome.status == 0 ? try JSONValue(parsing: Array(outcome.out.utf8)) : nil
  }

  /// Alarms that the present watch has raised, or cleared, by its own messages.
  private func alarms(_ state: String) throws -> Int {
    let machine = try #require(try status(watchName)?["machines"]?.array?.first)
    let isRaised = machine["alarms"]?.array?.first?["state"] == "raised"
    if isRaised, !wasRaised { raised += 1 }
    if !isRaised, wasRaised { cleared += 1 }
    wasRaised = isRaised
    return state == "raised" ? raised : cleared
  }

  private var (raised, cleared, wasRaised) = (0, 0, false)
}

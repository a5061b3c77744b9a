import Foundation
import Glibc
import RunControl
import TestSupport
import Testing

/// The end of a live run whose isolated node hangs in a call, or restarts again and again, on a private dummy server.
@Suite(
  .serialized, .oneServerAtATime,
  .enabled(if: FileManager.default.isExecutableFile(atPath: "/usr/bin/jackd"), "jackd is not installed"))
struct IsolationEndTests {
  private let folder = ScratchFolder()
  private let name = "test-\(getpid())-\(UInt32.random(in: 0...UInt32.max))"
  /// A run must end within five seconds; the rest is for busy machines.
  private let endLimit = 5.0 + 3

  private var auscult: Command {
    var command = Command(folder)
    command.environment["XDG_MISBEHAVE"] = folder.path + "/now"
    return command
  }

  /// - Parameter nodes: names of nodes, what each does, and in which call.
  private func graph(_ nodes: [(name: String, how: String, place: String)]) -> String {
    let library = "library: \(BuildFolder.path)/libtestplugin-misbehaving.so"
    let judges = nodes.map {
      "  \($0.name): { type: test.misbehaving, \(library), how: \($0.how), where: \($0.place), isolate: true }"
    }
    return """
      graph: ends
      nodes:
        tone: { type: source.synth, machine: fan }
        stft: { type: stft, length: 512, hop: 256 }
        mel: { type: mel, bands: 16, isolate: true }
      \(judges.joined(separator: "\n"))
        good: { type: detector.bands, learn: 0.3 s }
        log: { type: sink.jsonl, path: log.jsonl }
      links:
        - tone -> stft -> mel -> good -> log
      \(nodes.map { "  - mel -> \($0.name) -> log" }.joined(separator: "\n"))
      """
  }

  private func start() throws -> LiveCommand {
    let live = try LiveCommand(
      auscult,
      arguments: ["run", "ends.yaml", "--start-server", "--name", name, "--rate", "8000", "--period", "256"])
    try live.wait(for: "auscult: latency ")
    return live
  }

  private func isolated() throws -> [String: (process: pid_t?, restarts: Int64)] {
    let status = try JSONValue(parsing: Array(try auscult("status", name, "--json").out.utf8))
    return Dictionary(
      uniqueKeysWithValues: try (status["isolated"]?.array ?? []).map { node in
        (try #require(node["node"]?.text), (node["process"]?.integer.map { pid_t($0) }, node["restarts"]?.integer ?? 0))
      })
  }

  private func killProcess(of node: String) throws {
    try waitUntil { try isolated()[node]?.process != nil }
    kill(try #require(try isolated()[node]?.process), SIGKILL)
  }

  /// Ends the run, and checks how long that takes and that no process is left.
  private func end(_ live: LiveCommand, byStop: Bool) throws {
    let processes = try isolated().values.compactMap(\.process)
    let began = ContinuousClock.now
    if byStop { #expect(try auscult("stop", name).status == 0) } else { live.signal(SIGTERM) }
    let outcome = try live.end(seconds: 60)
    let seconds = (ContinuousClock.now - began) / .seconds(1)
    print("the run ended after \(seconds) s")
    #expect(seconds < endLimit, "\(outcome.err)")
    #expect(live.process.terminationReason == .exit, "\(outcome.err)")
    for process in processes { try waitUntil { kill(process, 0) != 0 } }
    let scores = try folder.text("log.jsonl").split(separator: "\n").filter { $0.contains("\"node\":\"good\"") }
    #expect(!scores.isEmpty, "the healthy detector's records are written: \(outcome.err)")
  }

  private func waitForScores() throws {
    try waitUntil {
      guard let log = try? folder.text("log.jsonl") else { return false }
      return ["bad", "good"].allSatisfy { log.contains("\"kind\":\"score\",\"graph\":\"ends\",\"node\":\"\($0)\"") }
    }
  }

  @Test(arguments: ["process", "reset", "create", "activate", "deactivate", "destroy"], [false, true])
  func anIsolatedNodeThatHangs(place: String, byStop: Bool) throws {
    try folder.write("ends.yaml", graph([("bad", byStop ? "loop" : "sleep", place)]))
    let live = try start()
    try waitForScores()
    try folder.write("now", "")
    switch place {
    // A gap before it: what comes first after that calls its `reset`.
    case "reset": try killProcess(of: "mel")
    case "create", "activate": try killProcess(of: "bad")
    default: break
    }
    switch place {
    // It ends by its limit of time: so the call was reached.
    case "process", "reset": try live.wait(for: "bad: its process did not return from '\(place)'")
    case "create", "activate": try waitUntil { try isolated()["bad"].map { $0.process == nil } ?? false }
    default: break
    }
    try end(live, byStop: byStop)
  }

  /// All of them at once, and one that ends again and again.
  @Test(arguments: [false, true]) func manyOfThem(byStop: Bool) throws {
    let nodes = ["process", "reset", "deactivate", "destroy"].map { (name: $0, how: "sleep", place: $0) }
    try folder.write("ends.yaml", graph(nodes + [("bad", "exit", "process")]))
    let live = try start()
    try waitForScores()
    try folder.write("now", "")
    try waitUntil { try isolated()["bad"]?.restarts ?? 0 >= 3 }
    try killProcess(of: "mel")
    try live.wait(for: "reset: its process did not return from 'reset'")
    try end(live, byStop: byStop)
  }
}

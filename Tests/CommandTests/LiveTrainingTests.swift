import Foundation
import Glibc
import RunControl
import TestSupport
import Testing

/// `auscult train --live` on a private dummy server, the simulator as the machine in another process.
@Suite(
  .serialized, .oneServerAtATime,
  .enabled(if: FileManager.default.isExecutableFile(atPath: "/usr/bin/jackd"), "jackd is not installed"))
struct LiveTrainingTests {
  private let folder = ScratchFolder()
  private var auscult: Command { Command(folder) }
  private let name = "test-\(getpid())-\(UInt32.random(in: 0...UInt32.max))"
  private var machine: String { name + "-fan" }
  /// Not the server's: JACK names the sockets of clients and servers by their names.
  private var trainee: String { name + "-live" }

  init() throws {
    try folder.write(
      "fan.yaml",
      """
      graph: fan
      nodes:
        fan: { type: source.synth, machine: fan, seed: 1 }
        speaker: { type: sink.audio }
      links: fan -> speaker
      """)
    try writeGraph("epochs: 1000, rate: 0.00115")
  }

  private func writeGraph(_ more: String, judge: String? = nil, level: String = "") throws {
    let library = BuildFolder.path + "/libtestplugin-detector.so"
    try folder.write(
      "live.yaml",
      """
      graph: live
      nodes:
        mic: { type: source, machines: [fan], connect: "\(machine):speaker" }
        stft: { type: stft, length: 1024, hop: 512, center: false }
        mel: { type: mel, bands: 32 }
        level: { type: normalize, mode: decibel\(level) }
        slices: { type: slicer, length: 0.1 s, hop: 100 % }
        judge: { \(judge ?? "type: test.c.descent, library: \(library), \(more)"), model: model.safetensors }
        damage: { type: damage, form: later }
        log: { type: sink.jsonl, path: live.jsonl }
      links:
        - mic -> stft -> mel -> level -> slices -> judge -> damage -> log
      """)
  }

  private func startMachine() throws -> LiveCommand {
    let live = try LiveCommand(
      auscult,
      arguments: [
        "run", "fan.yaml", "--start-server", "--server", name, "--name", machine, "--rate", "16000", "--period", "128",
      ])
    try live.wait(for: "auscult: latency ")
    return live
  }

  private func train(_ more: String...) throws -> LiveCommand {
    try LiveCommand(
      auscult,
      arguments: ["train", "live.yaml", "--live", "--server", name, "--name", trainee, "--output", "model.safetensors"]
        + more)
  }

  private func status(_ name: String) throws -> JSONValue {
    try JSONValue(parsing: Array(try auscult("status", name, "--json").out.utf8))
  }

  /// The damage values so far, from complete lines.
  private func figures() -> [Double] {
    let text = (try? folder.text("live.jsonl")) ?? ""
    return text.split(separator: "\n").compactMap { line in
      let record = try? JSONValue(parsing: Array(line.utf8))
      return record?["node"] == "damage" ? record?["score"]?.number : nil
    }
  }

  private func wait(seconds: Double = 60, until isTrue: () throws -> Bool) throws -> Bool {
    let deadline = Date(timeIntervalSinceNow: seconds)
    while Date() < deadline {
      if try isTrue() { return true }
      usleep(50_000)
    }
    return false
  }

  /// The scheduling policies of a process's threads with the highest niceness, once there are any.
  private func nicest(of process: Int32) throws -> [Int] {
    var found: [Int] = []
    _ = try wait(seconds: 10) {
      found = try FileManager.default.contentsOfDirectory(atPath: "/proc/\(process)/task").compactMap { task in
        let stat = (try? String(contentsOfFile: "/proc/\(process)/task/\(task)/stat", encoding: .utf8)) ?? ""
        // From the third field on, after the name: niceness is the 19th, the policy the 41st.
        let fields = stat[(stat.lastIndex(of: ")") ?? stat.startIndex)...].split(separator: " ").map { Int($0) }
        return fields.count > 39 && fields[17] == 19 ? fields[39] : nil
      }
      return !found.isEmpty
    }
    return found
  }

  /// A small version of the first reference system's detector: a dense autoencoder with a sigmoid at its end.
  private static let autoencoder =
    "type: detector.autoencoder, layers: 64 16 64, output: sigmoid, epochs: 15, learning_rate: 0.003"

  /// A training that does not end by itself answers questions about its progress.
  @Test func statusTellsHowFarItIs() throws {
    let simulator = try startMachine()
    let training = try train("--round", "5", "--until-loss", "1e-9", "--threshold", "20")
    try training.wait(for: "round 1: learned")
    let progress = try #require(try status(trainee)["training"])
    #expect(["listening", "learning"].contains(progress["stage"]?.text), "\(progress)")
    #expect(progress["until_loss"] == 1e-9 && progress["rounds"]?.integer ?? 0 >= 1)
    #expect(progress["loss"]?.number ?? 0 > 0)
    let text = try auscult("status", trainee).out
    #expect(text.contains("training  l") && text.contains(" (to fall below 0.000000001"), "\(text)")
    #expect(try auscult("stop", trainee).status == 0)
    #expect(try training.end().status == 0)
    #expect(try auscult("stop", machine).status == 0)
    #expect(try simulator.end().status == 0)
  }

  /// Rounds until the loss is low, then the whole graph in the same process, then a fault: the session of the first
  /// reference system, with a network and with a detector in C.
  @Test(arguments: [true, false]) func roundsThenWatchingThenDamage(isNetwork: Bool) throws {
    if isNetwork { try writeGraph("", judge: Self.autoencoder, level: ", low: -80 dB, high: 0 dB") }
    let loss = isNetwork ? "0.002" : "12"
    let simulator = try startMachine()
    let training = try train("--round", "5", "--until-loss", loss, "--held-out", "0.4", "--threshold", "sigma=8")
    try training.wait(for: "round 1: learning from 5 tokens")
    // While it learns nothing else can be changed.
    let refused = try auscult("swap", "mel", "bands=16", "--graph", trainee)
    #expect(refused.status == 1 && refused.err.contains("the graph is in training"), "\(refused.err)")
    try training.wait(for: "watching with model.safetensors from frame position ")
    #expect(try wait { figures().count >= 20 })
    let healthy = figures().sorted()
    #expect(healthy[healthy.count / 2] <= 25, "\(healthy)")

    let fault = try auscult("swap", "fan", "fault=bearing", "severity=300 %", "ramp=1 s", "--graph", machine)
    #expect(fault.status == 0, "\(fault.err)")
    let hasRisen = try wait {
      let last = figures().suffix(10).sorted()
      return last.count == 10 && last[5] > 50
    }
    #expect(hasRisen, "\(figures().suffix(20))")

    // Whether learning delays the audio thread depends on timing: Benchmarks/live --training measures it.
    let ours = try status(trainee)
    #expect(ours["dropped_tokens"] == 0 && ours["training"] == nil)
    #expect(ours["generation"]?.integer == 2 && ours["failed_nodes"] == [])
    // The usual changes are possible from now on.
    #expect(try wait { try auscult("swap", "damage", "alarm_at=40 %", "--graph", trainee).status == 0 })
    #expect(try auscult("stop", trainee).status == 0)
    let outcome = try training.end()
    #expect(outcome.status == 0, "\(outcome.err)")
    #expect(outcome.err.contains("round 2: learned up to epoch \(isNetwork ? "" : "2000, loss ")"), "\(outcome.err)")
    #expect(try auscult("info", "model.safetensors").status == 0)
    #expect(try auscult("stop", machine).status == 0)
    #expect(try simulator.end().status == 0)
  }

  @Test func signalsKeepTheBestOrGiveUp() throws {
    try writeGraph("epochs: 1000000000, rate: 0.001")
    let simulator = try startMachine()
    // Before the first round there is nothing to keep.
    let early = try train("--round", "1000000")
    try early.wait(for: "auscult: latency ")
    early.signal(SIGINT)
    let nothing = try early.end()
    #expect(nothing.status == 1 && nothing.err.contains("interrupted; nothing was written"), "\(nothing.err)")
    #expect(!folder.contains("model.safetensors"))

    let twice = try train("--round", "5")
    try twice.wait(for: "round 1: learning from 5 tokens")
    twice.signal(SIGINT)
    twice.signal(SIGTERM)
    let givenUp = try twice.end()
    #expect(givenUp.status == 1 && givenUp.err.contains("nothing was written"), "\(givenUp.err)")
    #expect(!folder.contains("model.safetensors"))

    let once = try train("--round", "5")
    try once.wait(for: "round 1: learning from 5 tokens")
    // One thread learns, with batch policy (3) and the highest niceness.
    #expect(try nicest(of: once.process.processIdentifier) == [3])
    once.signal(SIGINT)
    let kept = try once.end()
    #expect(kept.status == 0 && kept.err.contains("learning ended early at epoch "), "\(kept.err)")
    #expect(try auscult("info", "model.safetensors").out.contains("ended early at "))
    #expect(try auscult("stop", machine).status == 0)
    #expect(try simulator.end().status == 0)
  }

  @Test func aServerThatGoesAwayLeavesNoModel() throws {
    try writeGraph("epochs: 1000000000, rate: 0.001")
    let simulator = try startMachine()
    let training = try train("--round", "5")
    try training.wait(for: "round 1: learning from 5 tokens")
    #expect(try auscult("stop", machine).status == 0)
    let outcome = try training.end()
    #expect(outcome.status == 1 && outcome.err.contains("the JACK server shut down"), "\(outcome.err)")
    #expect(outcome.err.contains("nothing was written") && !folder.contains("model.safetensors"))
    #expect(try simulator.end().status == 0)
  }

  /// A class that learns once listens for a while.
  @Test func kMeansLearnsOnce() throws {
    try writeGraph("", judge: "type: detector.kmeans, clusters: 1")
    let simulator = try startMachine()
    let unsaid = try train().end()
    #expect(
      unsaid.status == 1 && unsaid.err.contains("learns once, not in rounds: set with --duration"), "\(unsaid.err)")
    let outcome = try train("--duration", "3s", "--end").end()
    #expect(outcome.status == 0, "\(outcome.err)")
    #expect(folder.contains("model.safetensors") && !folder.contains("live.jsonl"))
    #expect(try auscult("stop", machine).status == 0)
    #expect(try simulator.end().status == 0)
  }

  @Test func silenceIsToldOf() throws {
    try writeGraph("", judge: "type: detector.kmeans, clusters: 1")
    let outcome = try auscult(
      "train", "live.yaml", "--live", "--start-server", "--name", name, "--output", "model.safetensors", "--duration",
      "2s", "--set", "mic.silent_below=-60 dB", "--set", "mic.connect=system:capture_1")
    #expect(outcome.status == 1 && outcome.err.contains("tokens are silent"), "\(outcome.err)")
  }

  @Test func usage() throws {
    let options = [["--round", "5"], ["--until-loss", "1"], ["--end"], ["--duration", "3s"], ["--start-server"]]
    for more in options {
      let outcome = try auscult.run(["train", "live.yaml", "--normal", ".", "--output", "m.safetensors"] + more)
      #expect(outcome.status == 64 && outcome.err.contains("\(more[0]) goes with --live."), "\(outcome.err)")
    }
    let both = try auscult("train", "live.yaml", "--live", "--normal", ".", "--output", "m.safetensors")
    #expect(both.status == 64)
  }
}

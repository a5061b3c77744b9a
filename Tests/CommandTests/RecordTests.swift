import Foundation
import Glibc
import RunControl
import TestSupport
import Testing

@Suite(
  .serialized, .oneServerAtATime,
  .enabled(if: FileManager.default.isExecutableFile(atPath: "/usr/bin/jackd"), "jackd is not installed"))
struct RecordTests {
  private let folder = ScratchFolder()
  private var auscult: Command { Command(folder) }
  private let name = "record-\(getpid())-\(UInt32.random(in: 0...UInt32.max))"

  /// A private server with a simulated machine, made so loud that it clips.
  private func simulator(gain: String) throws -> LiveCommand {
    try folder.write(
      "simulator.yaml",
      """
      graph: simulator
      nodes:
        fan: { type: source.synth, machine: fan, seed: 1 }
        loud: { type: gain, gain: \(gain) }
        speaker: { type: sink.audio }
      links: fan -> loud -> speaker
      """)
    let live = try LiveCommand(
      auscult, arguments: ["run", "simulator.yaml", "--start-server", "--server", name, "--rate", "16000"])
    try live.wait(for: "auscult: latency ")
    return live
  }

  @Test func aMachineIsRecordedAndItsLevelChecked() throws {
    let live = try simulator(gain: "60 dB")
    let outcome = try auscult(
      "record", "--connect", "simulator:speaker", "--machine", "fan/03", "--minutes", "0.05", "--into", "normal",
      "--server", name, "--json")
    #expect(outcome.status == 0, "\(outcome.err)")
    let report = try JSONValue(parsing: Array(outcome.out.utf8))
    #expect(report["gaps"]?.integer != nil && report["lost_frames"]?.integer != nil)
    let recording = try #require(report["recordings"]?.array?.first)
    #expect(recording["machine"] == "fan/03" && recording["seconds"]?.number ?? 0 > 2)
    #expect(recording["clipped"]?.integer ?? 0 > 100)
    #expect(recording["advice"]?.text?.contains("turn the input down") == true)
    #expect(outcome.err.contains("turn it down") || outcome.err.contains("turn the input down"))
    let file = try #require(recording["file"]?.text)
    #expect(file.hasPrefix("normal/fan%2F03/") && folder.contains(file))
    // Its time is known, so that sound can be cut out of it.
    #expect(try auscult("info", file, "--json").out.contains("\"time_from\":\"bext\""))
    live.signal(SIGINT)
    _ = try live.end()
  }

  /// Lost sound is silence in the file, and would be learned from.
  @Test func lostSoundIsToldOf() throws {
    let live = try simulator(gain: "0 dB")
    let record = try LiveCommand(
      auscult,
      arguments: [
        "record", "--connect", "simulator:speaker", "--machine", "fan", "--minutes", "0.1", "--server", name, "--name",
        "tape",
      ])
    try record.wait(for: "auscult: connected ")
    try waitUntil {
      record.signal(SIGSTOP)
      usleep(80_000)
      record.signal(SIGCONT)
      return try JSONValue(parsing: Array(try auscult("status", "tape", "--json").out.utf8))["gaps"]?.integer ?? 0 > 0
    }
    let end = try record.end()
    #expect(end.status == 0 && end.err.contains("of sound ("), "\(end.err)")
    #expect(end.err.contains("are silence in the files: a threshold that is learned from them may be too high"))
    live.signal(SIGINT)
    _ = try live.end()
  }

  @Test func aSilentMachineIsAnError() throws {
    let live = try simulator(gain: "0 dB")
    let outcome = try auscult(
      "record", "--connect", "system:capture_1", "--machine", "fan", "--minutes", "0.02", "--server", name)
    #expect(outcome.status == 1)
    #expect(outcome.err.contains("nothing was heard of fan"), "\(outcome.err)")
    live.signal(SIGINT)
    _ = try live.end()
  }

  @Test func wrongUsageIsRefused() throws {
    for arguments in [
      [], ["--connect", "a:b"], ["graph.yaml", "--connect", "a:b", "--machine", "m"],
      ["graph.yaml", "--minutes", "0"], ["graph.yaml", "--watch"],
    ] {
      #expect(try auscult.run(["record"] + arguments).status == 64, "\(arguments)")
    }
  }
}

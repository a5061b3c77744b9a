import Foundation
import Glibc
import RunControl
import TestSupport
import Testing

/// Watches on a private dummy server that hear nothing, and the reports about it.
@Suite(
  .serialized, .oneServerAtATime,
  .enabled(if: FileManager.default.isExecutableFile(atPath: "/usr/bin/jackd"), "jackd is not installed"))
struct DeafTests {
  private let folder = ScratchFolder()
  private var auscult: Command { Command(folder) }
  private var server: String { "server-\(name)" }
  private let name = "test-\(getpid())-\(UInt32.random(in: 0...UInt32.max))"

  private func watch(connect: String = "", deaf: String = "1 s") -> String {
    """
    graph: watch
    nodes:
      mic: { type: source, machines: [fan-00]\(connect) }
      stft: { type: stft, length: 512, hop: 256 }
      mel: { type: mel, bands: 32 }
      slices: { type: slicer, length: 8 frames, hop: 50 % }
      judge: { type: detector.level, learn: 0.5 s }
      alarm: { type: alarm, deaf: \(deaf) }
      log: { type: sink.jsonl, path: log.jsonl }
    links: mic -> stft -> mel -> slices -> judge -> alarm -> log
    """
  }

  private func start(_ graph: String) throws -> LiveCommand {
    try folder.write("watch.yaml", graph)
    return try LiveCommand(
      auscult,
      arguments: [
        "run", "watch.yaml", "--start-server", "--server", server, "--name", name, "--rate", "16000", "--json",
      ])
  }

  /// The output of `status --check` once it matches; its last output if it never does.
  private func check(_ status: Int32) throws -> Outcome {
    let deadline = Date(timeIntervalSinceNow: 60)
    while true {
      let outcome = try auscult("status", name, "--check")
      if outcome.status == status || Date() > deadline { return outcome }
      usleep(100_000)
    }
  }

  private func deafness() throws -> [String] {
    try String(contentsOfFile: folder.path + "/log.jsonl", encoding: .utf8).split(separator: "\n").compactMap { line in
      let record = try JSONValue(parsing: Array(line.utf8))
      guard record["kind"] == "deaf" else { return nil }
      return "\(record["state"]?.text ?? "?") \(record["cause"]?.text ?? "?")"
    }
  }

  @Test func aSourceWithoutConnectionIsToldUntilItIsConnected() throws {
    let live = try start(watch())
    try live.wait(for: #""state":"begun""#)
    let deaf = try check(2)
    #expect(deaf.status == 2 && deaf.out == "CRITICAL \(name): fan-00 is deaf (unconnected)\n")
    let status = try auscult("status", name)
    #expect(status.out.contains("\nfan-00   deaf (unconnected)  silent  silent"), "\(status.out)")

    try folder.write(
      "fan.yaml",
      """
      graph: fan
      nodes:
        fan: { type: source.synth, machine: fan }
        out: { type: sink.audio, connect: "\(name):mic" }
      links: fan -> out
      """)
    let fan = try LiveCommand(auscult, arguments: ["run", "fan.yaml", "--server", server, "--name", "fan-\(name)"])
    try live.wait(for: #""state":"ended""#)
    let well = try check(0)
    #expect(well.status == 0 && well.out.hasPrefix("OK \(name): 1 machine"), "\(well.out)")
    let machine = try JSONValue(parsing: Array(try auscult("status", name, "--json").out.utf8))["machines"]?.array?
      .first
    #expect(machine?["machine"] == "fan-00" && machine?["level"]?["rms_dbfs"]?.number ?? 0 < -10)
    fan.signal(SIGINT)
    #expect(try fan.end().status == 0)
    #expect(try check(2).status == 2)

    #expect(try auscult("stop", name).status == 0)
    #expect(try live.end().status == 0)
    let gone = try auscult("status", name, "--check")
    #expect(gone.status == 2 && gone.out.hasPrefix("CRITICAL: no graph named '\(name)' runs"), "\(gone.out)")
    let told = try deafness()
    #expect(told.starts(with: ["begun unconnected", "ended unconnected"]), "\(told)")
  }

  /// The dummy driver's microphones give nothing but zeros.
  @Test func digitalSilenceIsTold() throws {
    let live = try start(watch(connect: #", connect: "system:capture_1""#, deaf: "3 s"))
    try live.wait(for: #""cause":"silent""#)
    let deaf = try check(2)
    #expect(deaf.out == "CRITICAL \(name): fan-00 is deaf (silent)\n")
    let json = try auscult("status", name, "--check", "--json")
    #expect(json.status == 2 && json.out.contains(#""ok":false"#))
    let follower = try auscult.prepared(["status", name, "--follow", "--interval", "50ms"])
    let output = Pipe()
    follower.standardOutput = output
    try follower.run()
    // One block after the other, until the run ends.
    #expect(try auscult("stop", name).status == 0)
    #expect(try live.end().status == 0)
    let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    follower.waitUntilExit()
    #expect(!text.contains("\u{1b}"))
    #expect(try deafness() == ["begun silent"])
  }

  @Test func checkAndFollowExcludeEachOther() throws {
    #expect(try auscult("status", "--check", "--follow").status == 64)
    #expect(try auscult("status", "--interval", "1s").status == 64)
  }
}

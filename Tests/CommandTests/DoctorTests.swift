import Foundation
import Glibc
import RunControl
import TestSupport
import Testing

/// `auscult doctor`, with and without a server and a graph.
@Suite(
  .serialized, .oneServerAtATime,
  .enabled(if: FileManager.default.isExecutableFile(atPath: "/usr/bin/jackd"), "jackd is not installed"))
struct DoctorTests {
  private let folder = ScratchFolder()
  private var auscult: Command { Command(folder) }
  private let name = "test-\(getpid())-\(UInt32.random(in: 0...UInt32.max))"

  private func write(connect: String) throws {
    try folder.write(
      "record.yaml",
      """
      graph: record
      nodes:
        mic: { type: source, machines: [fan], connect: "\(connect)" }
        tape: { type: sink.wav, path: tape.wav, rotate: 1 h, keep_bytes: 100 MB }
        level: { type: stft, length: 512, hop: 512 }
        bands: { type: sink.npy, path: bands.npy }
      links:
        - mic -> tape
        - mic -> level -> bands
      """)
  }

  private func startServer(_ more: String...) throws -> LiveCommand {
    try folder.write("plain.yaml", plainGraph)
    let live = try LiveCommand(
      auscult, arguments: ["run", "plain.yaml", "--start-server", "--server", name, "--name", name + "-run"] + more)
    try live.wait(for: "auscult: latency ")
    return live
  }

  private func checks(_ outcome: Outcome, _ name: String) throws -> [JSONValue] {
    let json = try JSONValue(parsing: Array(outcome.out.utf8))
    return (json["checks"]?.array ?? []).filter { $0["check"]?.text == name }
  }

  @Test func withoutAServerItIsAProblem() throws {
    let outcome = try auscult("doctor", "--server", name)
    #expect(outcome.status == 1)
    #expect(outcome.out.contains("problem  server"), "\(outcome.out)")
    #expect(outcome.out.contains("no JACK server named '\(name)' is running") && outcome.out.contains("-> "))
    for check in ["realtime", "memory lock", "processor", "clock", "plugins"] { #expect(outcome.out.contains(check)) }
  }

  @Test func aGraphIsExamined() throws {
    let live = try startServer()
    try write(connect: "system:capture_1")
    let outcome = try auscult("doctor", "record.yaml", "--server", name, "--json")
    #expect(outcome.status == 0, "\(outcome.out) \(outcome.err)")
    #expect(try checks(outcome, "server").first?["verdict"] == "ok")
    #expect(try checks(outcome, "graph").first?["found"]?.text?.hasPrefix("'record' runs ") == true)
    // A dummy driver's port is silent.
    let port = try #require(try checks(outcome, "ports").first)
    #expect(port["verdict"] == "warning" && port["found"]?.text == "input of 'fan' (mic): system:capture_1 is silent")
    #expect(port["advice"]?.text?.contains("check the microphone") == true)
    let outputs = try checks(outcome, "outputs").compactMap { $0["found"]?.text }
    // 48 kHz in 4 bytes: 15.4 GiB a day; 100 MB last for 8:41 minutes.
    #expect(
      outputs.contains { $0.hasPrefix("'tape' writes 15.") && $0.contains("GiB a day to ") && $0.contains("8:4") },
      "\(outputs)")
    #expect(outputs.contains { $0.hasPrefix("'bands' writes ") && $0.hasSuffix("without a limit") }, "\(outputs)")
    #expect(try checks(outcome, "disk").count == 1)
    #expect(!folder.contains("tape.wav") && !folder.contains("bands.npy"), "it writes no outputs")
    #expect(try auscult("stop", name + "-run").status == 0 && live.end().status == 0)
  }

  @Test func aMissingPortIsAProblem() throws {
    let live = try startServer()
    try write(connect: "system:capture_99")
    let outcome = try auscult("doctor", "record.yaml", "--server", name)
    #expect(outcome.status == 1)
    #expect(outcome.out.contains("input of 'fan' (mic): no port matches 'system:capture_99'"), "\(outcome.out)")
    #expect(outcome.out.contains("-> `auscult ports` lists the ports"))
    #expect(try auscult("stop", name + "-run").status == 0 && live.end().status == 0)
  }

  @Test func aPluginThatDoesNotLoadIsNamed() throws {
    try folder.write("plugins/libauscult-broken.so", "no library")
    let outcome = try auscult("doctor", "--server", name, "--plugin-path", "plugins", "--json")
    let plugins = try checks(outcome, "plugins")
    #expect(
      plugins.contains { $0["verdict"] == "warning" && $0["found"]?.text?.contains("libauscult-broken.so") == true })
    #expect(plugins.contains { $0["verdict"] == "ok" } && outcome.err == "", "\(outcome.err)")
  }
}

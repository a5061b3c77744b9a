import Foundation
import Glibc
import RunControl
import TestSupport
import Testing

/// Runs on private dummy servers, each with its own name. Every wait has its own limit, because a time limit of the
/// tests would include the time in which they wait for their turn.
@Suite(
  .serialized, .oneServerAtATime,
  .enabled(if: FileManager.default.isExecutableFile(atPath: "/usr/bin/jackd"), "jackd is not installed"))
struct LiveTests {
  private let folder = ScratchFolder()
  private var auscult: Command { Command(folder) }
  private let name = "test-\(getpid())-\(UInt32.random(in: 0...UInt32.max))"

  init() throws { try folder.write("watch.yaml", watchGraph) }

  private func start(_ more: String...) throws -> LiveCommand {
    let live = try LiveCommand(auscult, arguments: ["run", "watch.yaml", "--start-server", "--name", name] + more)
    try live.wait(for: "auscult: latency ")
    return live
  }

  @Test func withoutAServer() throws {
    let outcome = try auscult("run", "watch.yaml", "--server", name)
    #expect(outcome.status == 1)
    let lines = outcome.err.split(separator: "\n")
    #expect(lines[0].hasPrefix("auscult: error: no JACK server named '\(name)' is running"))
    // On a shared machine other runs may exist; then they are named instead.
    #expect(
      lines[0].contains("; there is '")
        || lines[1]
          == "  start one, or use --start-server for a private one without a sound card, or --input to read audio files"
    )
  }

  @Test func statusAndStop() throws {
    #expect(
      try auscult("status").err == "auscult: error: no graph runs (looked in \(folder.path)/auscult)\n"
        + "  start one with `auscult run GRAPH`\n")
    let server = "server-\(name)"
    let live = try start("--server", server, "--rate", "16000", "--period", "128")
    let status = try JSONValue(parsing: Array(try auscult("status", "--json").out.utf8))
    #expect(status["name"]?.text == name)
    #expect(status["graph"] == "watch")
    #expect(status["server"]?.text == server)
    #expect(status["rate"] == 16000)
    #expect(status["period"] == 128)
    let times = try ["cycle_p50_ns", "cycle_p99_ns", "cycle_p999_ns", "longest_cycle_ns"].map {
      try #require(status[$0]?.integer)
    }
    #expect(times == times.sorted())
    #expect(status["failed_nodes"] == [])
    let text = try auscult("status", name)
    #expect(text.status == 0)
    #expect(text.out.hasPrefix("\(name) runs on the JACK server '\(server)': 16000 Hz, 128 frames a period\n"))

    let stop = try auscult("stop")
    #expect(stop.status == 0)
    #expect(stop.out == "stopped \(name)\n")
    let outcome = try live.end()
    #expect(outcome.status == 0)
    #expect(outcome.err.contains("auscult: listens at \(name):mic (fan-00)\n"))
    #expect(outcome.err.contains("auscult: '\(name)' ran for "))
    #expect(try auscult("stop", name).status == 1)
  }

  /// The command waits for a run that has just started; a run that never appears is reported in time.
  @Test func statusWaits() throws {
    let none = try auscult("status", name, "--wait", "300ms")
    #expect(none.status == 1 && none.err.contains("no graph named '\(name)' runs"), "\(none.err)")
    let live = try LiveCommand(
      auscult, arguments: ["run", "watch.yaml", "--start-server", "--server", "server-\(name)", "--name", name])
    let status = try auscult("status", name, "--json", "--wait", "1min")
    #expect(status.status == 0 && status.out.contains(name), "\(status.err)")
    #expect(try auscult("stop", name).status == 0)
    #expect(try live.end().status == 0)
  }

  @Test(arguments: [SIGINT, SIGTERM]) func signalsEndARunInGoodOrder(signal: Int32) throws {
    let live = try start()
    live.signal(signal)
    let outcome = try live.end()
    #expect(live.process.terminationReason == .exit)
    #expect(outcome.status == 0)
    #expect(outcome.err.contains("auscult: '\(name)' ran for "))
    #expect(folder.contains("log.jsonl"))
  }

  @Test func aSecondRunOfTheNameIsRefused() throws {
    let live = try start()
    let outcome = try auscult("run", "watch.yaml", "--start-server", "--name", name)
    #expect(outcome.status == 1)
    #expect(
      outcome.err
        == "auscult: error: a graph named '\(name)' runs already (pid \(live.process.processIdentifier)); "
        + "give this one another --name\n")
    live.signal(SIGTERM)
    #expect(try live.end().status == 0)
  }

  /// jackd2 gives a client with the server's name the server's own socket: nothing could reach the server any more.
  @Test(arguments: ["of the same server", "of another one"]) func aServersNameIsRefused(_ which: String) throws {
    let server = "server-\(name)"
    let live = try start("--server", server)
    let more = which == "of another one" ? ["--start-server"] : ["--server", server]
    let sinks = ["--set", "log.path=b.jsonl", "--set", "bands.path=b.npy"]
    let outcome = try auscult.run(["run", "watch.yaml", "--name", server] + sinks + more)
    #expect(outcome.status == 1)
    #expect(
      outcome.err.contains(
        "auscult: error: a JACK server is named '\(server)', and a client of that name would keep every other program from "
          + "reaching it\n  choose another name with --name\n"), "\(outcome.err)")
    #expect(try auscult("ports", "--server", server).out.contains("\(name):mic"))
    live.signal(SIGTERM)
    #expect(try live.end().status == 0)
  }

  @Test func severalRunsAreToldApartByName() throws {
    let live = try start()
    let other = try LiveCommand(
      auscult,
      arguments: [
        "run", "watch.yaml", "--start-server", "--name", name + "-b", "--set", "log.path=b.jsonl", "--set",
        "bands.path=b.npy",
      ])
    try other.wait(for: "auscult: latency ")
    let pids = [live, other].map(\.process.processIdentifier)
    #expect(try auscult("status").out == "\(name) (pid \(pids[0]))\n\(name)-b (pid \(pids[1]))\n")
    let outcome = try auscult("stop")
    #expect(outcome.status == 1)
    #expect(outcome.err == "auscult: error: several graphs run: \(name), \(name)-b\n  say which: `auscult stop NAME`\n")
    for suffix in ["", "-b"] { #expect(try auscult("stop", name + suffix).status == 0) }
    #expect(try live.end().status == 0)
    #expect(try other.end().status == 0)
  }

  @Test func durationEndsARun() throws {
    let outcome = try auscult("run", "watch.yaml", "--start-server", "--name", name, "--duration", "500ms", "--json")
    #expect(outcome.status == 0)
    let objects = try outcome.err.split(separator: "\n").map { try JSONValue(parsing: Array($0.utf8)) }
    let started = try #require(objects.first { $0["kind"] == "started" })
    #expect(started["inputs"] == [["port": .text(name + ":mic"), "machine": "fan-00"]])
    let summary = try #require(objects.last)
    #expect(summary["kind"] == "summary")
    // All frames of sound, delivered or lost by the server.
    let frames = try #require(summary["frames"]?.integer)
    let lost = try #require(summary["lost_frames"]?.integer)
    #expect(frames > 0 && frames + lost >= 24000)
    #expect(summary["position"]?.integer == frames + lost)
    #expect(try (#require(summary["gaps"]?.integer) > 0) == (lost > 0))
  }
}

import Foundation
import Glibc
import TestSupport
import Testing

/// Servers that go away, do not answer, or cannot be used.
@Suite(
  .serialized, .oneServerAtATime,
  .enabled(if: FileManager.default.isExecutableFile(atPath: "/usr/bin/jackd"), "jackd is not installed"))
struct ServerTroubleTests {
  private let folder = ScratchFolder()
  private var auscult: Command { Command(folder) }
  private let name = "test-\(getpid())-\(UInt32.random(in: 0...UInt32.max))"

  /// Not a client's: JACK names the sockets of clients and servers by their names.
  private var server: String { name + "-server" }

  init() throws { try folder.write("watch.yaml", watchGraph) }

  private func start(_ more: String...) throws -> LiveCommand {
    let live = try LiveCommand(auscult, arguments: ["run", "watch.yaml", "--server", server] + more)
    try live.wait(for: "auscult: latency ")
    return live
  }

  @Test func aServerThatGoesAwayIsStatus1() throws {
    let live = try start("--start-server", "--name", name, "--set", "mic.connect=system:capture_1")
    try live.wait(for: "auscult: connected system:capture_1 -> \(name):mic\n")
    let jackd = try #require(jackdOf(live.process.processIdentifier))
    kill(jackd, SIGTERM)
    let outcome = try live.end()
    #expect(outcome.status == 1)
    #expect(outcome.err.contains("auscult: '\(name)' ran for "))
    #expect(outcome.err.contains("\nauscult: error: the JACK server shut down"))
  }

  /// Runs that begin, runs that end, and requests to them never wait for ever.
  @Test func aServerThatDoesNotAnswerIsToldOf() throws {
    let owner = try start("--start-server", "--name", name)
    let (ending, asking) = (try startConnected(name + "-ending"), try startConnected(name + "-asking"))
    let jackd = try #require(jackdOf(owner.process.processIdentifier))
    kill(jackd, SIGSTOP)
    defer { kill(jackd, SIGCONT) }
    ending.signal(SIGTERM)
    let swap = try LiveCommand(
      auscult, arguments: ["swap", "mic", "connect=system:capture_2", "--graph", name + "-asking"])
    let late = try auscult("run", "watch.yaml", "--server", server, "--name", name + "-late")
    #expect(late.status == 1)
    let silence = "\nauscult: error: JACK does not answer: within 10 s it did not "
    #expect(("\n" + late.err).contains(silence + "open the client '\(name)-late'\n"), "\(late.err)")
    let ended = try ending.end()
    #expect(ended.status == 0 && folder.contains("\(name)-ending.jsonl"))
    #expect(ended.err.contains("auscult: warning: JACK did not close the client within 10 s"), "\(ended.err)")
    let asked = try asking.end()
    #expect(asked.status == 1 && asked.err.contains(silence), "\(asked.err)")
    #expect(asked.err.contains("auscult: '\(name)-asking' ran for "))
    _ = try swap.end()

    kill(jackd, SIGCONT)
    #expect(try auscult("stop", name).status == 0)
    #expect(try owner.end().status == 0)
  }

  /// Before the first server, between two, and after the last, a waiting run answers requests.
  @Test func reconnectWaitsFromTheStart() throws {
    let live = try LiveCommand(
      auscult, arguments: ["run", "watch.yaml", "--server", server, "--reconnect", "--name", name])
    try live.wait(for: "no JACK server named '\(server)' is running")
    try live.wait(for: "; waiting for it\n")
    let early = try auscult("status", name)
    #expect(early.status == 1 && early.err.contains("'\(name)' does not run yet: no JACK server named '\(server)'"))
    var owner = try startOwner()
    try live.wait(for: "auscult: the JACK server appeared after ")
    try live.wait(for: "auscult: latency ")
    #expect(try auscult("status", name).status == 0)
    #expect(try auscult("stop", name + "-owner").status == 0 && owner.end().status == 0)
    try live.wait(for: "; waiting for it to come back\n")
    // If the run is busy, older figures are enough.
    let deadline = Date(timeIntervalSinceNow: 60)
    while !(try auscult("status", name).out.hasPrefix("\(name) waits for the JACK server '\(server)'")) {
      try #require(Date() < deadline)
    }
    let check = try auscult("status", name, "--check")
    #expect(check.status == 2 && check.out.contains("no JACK server '\(server)' at "), "\(check.out)")
    owner = try startOwner()
    try live.wait(for: "auscult: the JACK server is back")
    #expect(try auscult("stop", name + "-owner").status == 0 && owner.end().status == 0)
    try live.wait(for: "; waiting for it to come back\n", times: 2)
    #expect(try auscult("stop", name).status == 0 && live.end().status == 0)
    // The time before the first server is not sound; the time between two is a gap, and so is the time after the last.
    let gaps = try String(contentsOfFile: folder.path + "/log.jsonl", encoding: .utf8).split(separator: "\n")
      .filter { $0.contains("\"cause\":\"server\"") }
    #expect(gaps.count == 2 && !gaps[0].contains("\"begin\":0,"), "\(gaps)")
  }

  @Test func whoWaitsForAServerIsStoppedAtOnce() throws {
    let live = try LiveCommand(
      auscult, arguments: ["run", "watch.yaml", "--server", server, "--reconnect", "--name", name])
    try live.wait(for: "; waiting for it\n")
    live.signal(SIGINT)
    let outcome = try live.end(seconds: 10)
    #expect(outcome.status == 0 && outcome.err.contains("'\(name)' was stopped before a JACK server appeared\n"))
  }

  private func startOwner() throws -> LiveCommand {
    let owner = try LiveCommand(
      auscult,
      arguments: [
        "run", "watch.yaml", "--server", server, "--start-server", "--name", name + "-owner", "--set",
        "log.path=owner.jsonl", "--set", "bands.path=owner.npy",
      ])
    try owner.wait(for: "auscult: latency ")
    return owner
  }

  private func startConnected(_ name: String) throws -> LiveCommand {
    let live = try start(
      "--name", name, "--set", "log.path=\(name).jsonl", "--set", "bands.path=\(name).npy", "--set",
      "mic.connect=system:capture_1")
    try live.wait(for: "auscult: connected ")
    return live
  }
}

import Foundation
import Glibc
import TestSupport
import Testing

/// `auscult serve` over a real run on a private server. What it answers is checked from outside, by Python.
@Suite(
  .serialized, .oneServerAtATime,
  .enabled(if: FileManager.default.isExecutableFile(atPath: "/usr/bin/jackd"), "jackd is not installed"))
struct ServeTests {
  private let folder = ScratchFolder()
  private var auscult: Command { Command(folder) }
  private let name = "test-\(getpid())-\(UInt32.random(in: 0...UInt32.max))"
  private let run: LiveCommand
  private let server: LiveCommand
  private let url: String

  init() throws {
    try folder.write("live.yaml", Self.graph)
    let auscult = Command(folder)
    run = try LiveCommand(auscult, arguments: ["run", "live.yaml", "--start-server", "--name", name])
    try run.wait(for: "auscult: latency ")
    let server = try PageServer(auscult)
    (self.server, url) = (server.live, server.url)
  }

  /// A machine whose detector calls everything anomalous, so that an alarm comes at once.
  private static let graph = """
    graph: live
    nodes:
      fan: { type: source.synth, machine: fan }
      stft: { type: stft, length: 1024, hop: 512 }
      mel: { type: mel, bands: 32 }
      level: { type: normalize, mode: decibel }
      slices: { type: slicer, length: 0.1 s, hop: 50 % }
      judge: { type: detector.level, learn: 0.5 s, threshold: -1000 }
      alarm: { type: alarm, on: 0.2 s, off: 2 s }
      log: { type: sink.jsonl, path: log.jsonl }
      store: { type: sink.sqlite, path: live.sqlite }
      clip: { type: sink.clip, path: clips, before: 0.2 s, after: 0.2 s, longest: 1 s, delay: 1 s }
    links:
      - fan -> stft -> mel -> level -> slices -> judge -> alarm -> log
      - judge -> log
      - judge -> store
      - alarm -> store
      - fan -> clip.audio
      - alarm -> clip.event
    """

  private func python(_ script: String, _ arguments: String...) throws -> String {
    try CompiledPlugin.run("python3", [BuildFolder.package + "/" + script] + arguments)
  }

  private var token: String { folder.path + "/auscult/serve.token" }

  @Test func answersAreAsDescribed() throws {
    #expect(try python("Tests/Fixtures/serve/api.py", url, token, name).hasSuffix("all checks passed\n"))
    // The same text, for people without a server.
    let description = try String(contentsOfFile: BuildFolder.package + "/docs/openapi.json", encoding: .utf8)
    #expect(try python("Tests/Fixtures/serve/fetch.py", url + "api/v1/openapi.json") == description)
    #expect(try auscult("stop", name).status == 0)
    #expect(try run.end().status == 0)
  }

  /// Graph, streams, clips, the past, checks, jobs and edits, also with what does not belong there.
  @Test func aPageHasWhatItNeeds() throws {
    let said = try python("Tests/Fixtures/serve/live.py", url, token, name, folder.path)
    #expect(said.hasSuffix("all checks passed\n"), "\(said)")
    #expect(server.process.isRunning && run.process.isRunning)
  }

  @Test func thePastIsThereWhenNothingRuns() throws {
    try waitUntil { try auscult("clips", "--json").out.contains("flac") }
    #expect(try auscult("stop", name).status == 0)
    #expect(try run.end().status == 0)
    #expect(try past("live.sqlite").hasSuffix("all checks passed\n"))
    try folder.write("text.sqlite", String(repeating: "no database ", count: 1000))
    try folder.write("empty.sqlite", "")
    #expect(mkfifo(folder.path + "/pipe.sqlite", 0o600) == 0)
    for (file, words) in [
      ("text.sqlite", "text.sqlite"), ("empty.sqlite", "is empty"), ("pipe.sqlite", "is not a file"),
      ("missing.sqlite", "missing.sqlite"), ("clips", "is not a file"),
    ] {
      let said = try past(file, words)
      #expect(said.hasSuffix("all checks passed\n"), "\(file): \(said)")
    }
  }

  /// Checks a second server, which shows a history.
  private func past(_ file: String, _ more: String...) throws -> String {
    let second = try PageServer(auscult, "--history", folder.path + "/" + file)
    defer { second.live.signal(SIGTERM) }
    return try CompiledPlugin.run(
      "python3", [BuildFolder.package + "/Tests/Fixtures/serve/past.py", second.url, token, "live"] + more)
  }

  /// Many more cases with AUSCULT_LONG.
  @Test(.enabled(if: hasFuzzer, "schemathesis can't be installed from PyPI")) func theDescriptionHoldsAgainstAFuzzer()
    throws
  {
    let isLong = !(ProcessInfo.processInfo.environment["AUSCULT_LONG"] ?? "").isEmpty
    let seed = ProcessInfo.processInfo.environment["AUSCULT_SEED"] ?? String(UInt16.random(in: 0...UInt16.max))
    let said = try CompiledPlugin.run(
      "sh", [fuzzScript, fuzzFolder, url, token, isLong ? "200" : "3", seed])
    #expect(said.contains("Tested: 16\n"), "seed \(seed): \(said)")
    #expect(server.process.isRunning && run.process.isRunning)
  }

  /// The client of docs/CONTROL.md.
  @Test func theExampleShowsScores() throws {
    let shown = try python("docs/examples/scores.py", "\(folder.path)/auscult/\(name).sock", "3")
    #expect(shown.contains(/fan +[-0-9.e+]+ .* over\n/))
  }

  @Test func topShowsScoresAsBars() throws {
    try waitUntil { try auscult("top", "--once").out.contains(" alarm ") }
    let top = try auscult("top", name, "--once")
    let lines = top.out.split(separator: "\n")
    #expect(top.status == 0 && lines.first == "1 run, 1 machine, 1 alarm")
    #expect(lines.allSatisfy { $0.count <= 80 } && lines.contains { $0.hasSuffix("[over the threshold]") })
    #expect(try auscult("top", "nobody", "--once").status == 1)
  }

  /// Ten minutes with AUSCULT_LONG.
  @Test func anAttackChangesNothing() throws {
    let isLong = !(ProcessInfo.processInfo.environment["AUSCULT_LONG"] ?? "").isEmpty
    let seed = ProcessInfo.processInfo.environment["AUSCULT_SEED"] ?? String(UInt32.random(in: 0...UInt32.max))
    let said = try python(
      "Tests/Fixtures/serve/attack.py", url, name, String(server.process.processIdentifier), isLong ? "600" : "6", seed)
    #expect(said.hasSuffix("the server stands\n"), "seed \(seed): \(said)")
    #expect(server.process.isRunning && run.process.isRunning)
  }

  /// So that nothing of HTTP is in the process that hears.
  @Test func theProgramThatHearsLinksNoHTTP() throws {
    let names = Data("NIOPosix".utf8)
    let program = try Data(contentsOf: URL(fileURLWithPath: Command.path), options: .alwaysMapped)
    let server = try Data(contentsOf: URL(fileURLWithPath: Command.path + "-serve"), options: .alwaysMapped)
    #expect(program.range(of: names) == nil && server.range(of: names) != nil)
  }

  @Test func wrongStartsAreExplained() throws {
    let port = try #require(url.firstMatch(of: /:(\d+)\//)).output.1
    let taken = try auscult("serve", "--listen", "127.0.0.1:\(port)")
    #expect(taken.status == 1 && taken.err.hasPrefix("auscult serve: error: cannot listen at 127.0.0.1:\(port): "))
    #expect(try auscult("serve", "--listen", "somewhere").status == 64)
    try folder.write("open.token", String(repeating: "a", count: 64))
    chmod(folder.path + "/open.token", 0o644)
    let open = try auscult("serve", "--listen", "127.0.0.1:0", "--token-file", folder.path + "/open.token")
    #expect(open.status == 1 && open.err.contains("others may read the token file"))
    #expect(try auscult("serve", "--help").out.contains("--token-file"))
  }
}

private let fuzzScript = BuildFolder.package + "/Tests/Fixtures/serve/fuzz.sh"
private let fuzzFolder = BuildFolder.package + "/.build/schemathesis"
private let hasFuzzer: Bool = (try? CompiledPlugin.run("sh", [fuzzScript, "--set-up", fuzzFolder])) != nil

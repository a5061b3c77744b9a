import Foundation
import Glibc
import TestSupport
import Testing

/// The page of `auscult serve` in a real browser, over a real run on a private server. Python drives the browser.
@Suite(
  .serialized, .oneServerAtATime,
  .enabled(if: hasBrowser, "jackd, chromium or chromedriver (Debian: chromium-driver) is not installed"))
struct PageTests {
  private let folder = ScratchFolder()
  private let name = pictures == nil ? "page-\(getpid())-\(UInt32.random(in: 0...UInt32.max))" : "watch"
  private let run: LiveCommand
  private let server: PageServer
  /// Its address is loopback in the form of IPv6, which the server takes for another one: reading needs the token.
  private let locked: PageServer
  private let lockedURL: String

  init() throws {
    try folder.write("page.yaml", Self.graph)
    let auscult = Command(folder)
    run = try LiveCommand(auscult, arguments: ["run", "page.yaml", "--start-server", "--name", name])
    try run.wait(for: "auscult: latency ")
    server = try PageServer(auscult)
    locked = try PageServer(auscult, at: "[::ffff:127.0.0.1]:0")
    let port = try #require(locked.url.firstMatch(of: #/:(\d+)//#)).output.1
    lockedURL = "http://127.0.0.1:\(port)/"
  }

  /// A fan, and the same fan with a fault in its bearing, which is turned up when the test wants it.
  private static let graph = """
    graph: page
    nodes:
      fan: { type: source.synth, machine: fan, seed: 1, machines: fan }
      bad: { type: source.synth, machine: fan, seed: 1, machines: fan, fault: bearing, severity: 100 %, ramp: 0 s }
      fault: { type: gain, gain: -100 dB }
      heard: { type: mix, weights: [0.5, 0.5] }
      down: { type: resample, rate: 16 kHz }
      stft: { type: stft, length: 1024, hop: 512 }
      mel: { type: mel, bands: 32 }
      level: { type: normalize, mode: decibel }
      slices: { type: slicer, length: 0.2 s, hop: 50 % }
      judge: { type: detector.bands, learn: 3 s }
      alarm: { type: alarm, on: 0.5 s, off: 0.5 s }
      clips: { type: sink.clip, path: clips, before: 1 s, after: 0.5 s, longest: 4 s }
      past: { type: sink.sqlite, path: past.sqlite }
      log: { type: sink.jsonl, path: log.jsonl }
    links:
      - fan -> heard
      - bad -> fault -> heard
      - heard -> down -> stft -> mel -> level -> slices -> judge -> alarm -> log
      - judge -> log
      - judge -> past
      - alarm -> past
      - heard -> clips.audio
      - alarm -> clips.event
    """

  private func status(_ url: String) throws -> String {
    try CompiledPlugin.run("curl", ["--silent", "--output", "/dev/null", "--write-out", "%{http_code}", url])
  }

  /// With AUSCULT_PICTURES, pictures of the page go to that folder.
  @Test func aPersonCanUseIt() throws {
    let script = BuildFolder.package + "/Tests/Fixtures/page/page.py"
    let token = folder.path + "/auscult/serve.token"
    let files = [token, name, folder.path + "/log.jsonl"]
    let said = try CompiledPlugin.run(
      "python3", [script, server.url, lockedURL] + files + (pictures.map { [$0] } ?? []))
    #expect(said.hasSuffix("all checks passed\n"), "\(said)")
    print(said)
    #expect(try status(lockedURL) == "200" && status(lockedURL + "api/v1/runs") == "401")
  }
}

/// A folder for pictures of the page.
private let pictures = ProcessInfo.processInfo.environment["AUSCULT_PICTURES"]

private let hasBrowser = ["jackd", "chromium", "chromedriver"].allSatisfy {
  FileManager.default.isExecutableFile(atPath: "/usr/bin/" + $0)
}

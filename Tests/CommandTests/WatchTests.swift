import Foundation
import Glibc
import RunControl
import TestSupport
import Testing

/// Files that are saved, and plugins that are rebuilt, while a graph runs on a private dummy server.
@Suite(
  .serialized, .timeLimit(.minutes(4)),
  .enabled(if: FileManager.default.isExecutableFile(atPath: "/usr/bin/jackd"), "jackd is not installed"))
struct WatchTests {
  private let folder = ScratchFolder()
  private var auscult: Command { Command(folder) }
  private let name = "test-\(getpid())-\(UInt32.random(in: 0...UInt32.max))"

  private func graph(judge: String = "detector.level, learn: 0.2 s", include: String = "") -> String {
    """
    graph: watched
    \(include)
    nodes:
      fan: { type: source.synth, machine: fan }
      slices: { type: slicer, length: 20 frames, hop: 50 % }
      judge: { type: \(judge) }
      log: { type: sink.jsonl, path: log.jsonl }
    links:
      - fan -> stft
      - level -> slices -> judge -> log
    """
  }

  private func frontEnd(bands: Int) -> String {
    """
    nodes:
      stft: { type: stft, length: 512, hop: 480 }
      mel: { type: mel, bands: \(bands) }
      level: { type: normalize, mode: decibel }
    links: stft -> mel -> level
    """
  }

  private func start(_ more: String...) throws -> LiveCommand {
    try folder.write("front.yaml", frontEnd(bands: 16))
    let live = try LiveCommand(
      auscult,
      arguments: ["run", "watched.yaml", "--start-server", "--name", name, "--period", "256", "--plugin-path", "."]
        + more)
    try live.wait(for: "auscult: latency ")
    return live
  }

  private func stop(_ live: LiveCommand) throws -> String {
    #expect(try auscult("stop").status == 0)
    let outcome = try live.end()
    #expect(outcome.status == 0, "\(outcome.err)")
    return outcome.err
  }

  /// As editors do that replace the file at once.
  private func save(_ name: String, byRenaming text: String) throws {
    try folder.write(".\(name).new", text)
    #expect(rename(folder.path + "/.\(name).new", folder.path + "/" + name) == 0)
  }

  @Test func everySaveIsApplied() throws {
    try folder.write("watched.yaml", graph(include: "include: [front.yaml]"))
    let live = try start("--watch")
    try live.wait(for: "auscult: applying watched.yaml whenever it is saved\n")
    try save("watched.yaml", byRenaming: graph(judge: "detector.level, learn: 0.1 s", include: "include: [front.yaml]"))
    try live.wait(for: "auscult: apply: judge re-warmed, from frame position ")
    try folder.write("front.yaml", frontEnd(bands: 8))
    try live.wait(for: "auscult: apply: mel, level, slices, judge re-warmed, from frame position ")

    try folder.write("front.yaml", frontEnd(bands: 8).replacingOccurrences(of: "bands", with: "bandz"))
    try live.wait(for: "front.yaml:3:21: error: mel has no parameter 'bandz'; did you mean 'bands'?\n")
    try live.wait(for: "auscult: warning: apply: 1 error; the graph runs on unchanged\n")
    try save("front.yaml", byRenaming: frontEnd(bands: 12))
    try live.wait(for: "auscult: apply: mel, level, slices, judge re-warmed, from frame position ", times: 2)
    let log = try stop(live)
    #expect(log.components(separatedBy: "auscult: apply: mel, level, slices, judge re-warmed").count == 3)
  }

  /// Many events in a row: the last content of the file counts.
  @Test func saveAfterSaveEndsWithTheLast() throws {
    try folder.write("watched.yaml", graph(include: "include: [front.yaml]"))
    let live = try start("--watch")
    for bands in 4...24 {
      try folder.write("front.yaml", frontEnd(bands: bands))
      usleep(UInt32.random(in: 0...60_000))
    }
    try waitUntil { try auscult("apply", "--dry-run").out.hasPrefix("nothing changes") }
    let status = try JSONValue(parsing: Array(try auscult("status", "--json").out.utf8))
    #expect(try #require(status["generation"]?.integer) < 15)
    _ = try stop(live)
  }

  private func buildInC(_ factor: Int) throws {
    try CompiledPlugin.build(
      "c-judge/judge.c", flags: ["-O1", "-DFACTOR=\(factor)", "-DBUILD=\"c-\(factor)\"", "-lm"],
      into: folder.path + "/.judge.so")
    #expect(rename(folder.path + "/.judge.so", folder.path + "/libauscult-test-judge.so") == 0)
  }

  private func buildInSwift(_ factor: Int) throws {
    let fixture = BuildFolder.package + "/Tests/Fixtures/plugins/swift-judge/Judge.swift"
    let source = try String(contentsOfFile: fixture, encoding: .utf8)
      .replacingOccurrences(of: "factor: Float = 1", with: "factor: Float = \(factor)")
    try folder.write("Judge.swift", source)
    try SwiftPlugin.build(folder.path + "/Judge.swift", into: folder.path + "/libauscult-swift-judge.so")
  }

  /// Once by a file that takes the name, as linkers do, and once by a file that is written in place.
  @Test(arguments: ["test.judge", "test.swift.judge"]) func aDetectorThatIsRebuiltTakesOver(type: String) throws {
    let build = type == "test.judge" ? buildInC : buildInSwift
    let file = type == "test.judge" ? "libauscult-test-judge.so" : "libauscult-swift-judge.so"
    try build(1)
    let first = try folder.data(file)
    try folder.write("watched.yaml", graph(judge: type, include: "include: [front.yaml]"))
    let live = try start("--watch-plugins")
    try folder.waitForScores("log.jsonl", generation: 1, count: 5)
    try build(3)
    try live.wait(for: "auscult: \(file): judge re-warmed, from frame position ", seconds: 60)
    try folder.waitForScores("log.jsonl", generation: 2, count: 5)

    // The same build once more.
    let third = try folder.data(file)
    try folder.write(file, third)
    try live.wait(for: "auscult: \(file): its build id is the same, nothing changed\n")

    // In place, slowly: an incomplete file must not be loaded.
    let handle = try #require(FileHandle(forWritingAtPath: folder.path + "/" + file))
    try handle.truncate(atOffset: 0)
    for part in stride(from: 0, to: first.count, by: 1 + first.count / 4) {
      try handle.write(contentsOf: first[part..<min(first.count, part + 1 + first.count / 4)])
      usleep(60_000)
    }
    try handle.close()
    let changed = "auscult: \(file): judge re-warmed, from frame position "
    try live.wait(for: changed, times: 2)
    try folder.waitForScores("log.jsonl", generation: 3, count: 5)
    let log = try stop(live)
    #expect(!log.contains("warning: \(file)"), "\(log)")

    let scores = try folder.text("log.jsonl").split(separator: "\n")
      .map { try JSONValue(parsing: Array($0.utf8)) }.filter { $0["kind"] == "score" }
    let builds = scores.compactMap { $0["library"]?.text }
    var order: [String] = []
    for build in builds where order.last != build { order.append(build) }
    #expect(order.count == 3, "\(order)")
    #expect(order.first == order.last)
    let generations = scores.compactMap { $0["generation"]?.integer }
    #expect(generations == generations.sorted())
    // Levels are below 0 dB: a factor of 3 is visible.
    let means = [1, 2, 3].map { (generation: Int64) -> Double in
      let values = scores.filter { $0["generation"]?.integer == generation }.compactMap { $0["score"]?.number }
      return values.reduce(0, +) / Double(max(1, values.count))
    }
    #expect(abs(means[1] / means[0] - 3) < 0.5 && abs(means[2] / means[0] - 1) < 0.2, "\(means)")
    #expect(remains() == [])
  }

  /// Private copies of libraries that still exist.
  private func remains() -> [String] {
    let files = (try? FileManager.default.subpathsOfDirectory(atPath: NSTemporaryDirectory())) ?? []
    return files.filter { $0.hasSuffix("-libauscult-test-judge.so") || $0.hasSuffix("-libauscult-swift-judge.so") }
  }

  @Test func aNodeIsLoadedAgainOnDemand() throws {
    try buildInC(1)
    try folder.write("watched.yaml", graph(judge: "test.judge", include: "include: [front.yaml]"))
    let live = try start()
    let same = try auscult("swap", "judge")
    #expect(same.status == 0)
    #expect(
      same.out == "nothing changes\nlibauscult-test-judge.so has not been rebuilt: its build id is c-1\n", "\(same.out)"
    )
    try buildInC(2)
    let swapped = try auscult("swap", "judge")
    #expect(swapped.status == 0, "\(swapped.err)")
    #expect(swapped.out.contains("build c-1 -> c-2"))
    _ = try stop(live)
  }

  @Test func aDetectorThatIsTooSlowOrGoesWrongChangesNothing() throws {
    try buildInC(1)
    try folder.write("watched.yaml", graph(judge: "test.judge", include: "include: [front.yaml]"))
    let live = try start()
    let slow = try auscult("swap", "judge", "nap=3", "--timeout", "300ms")
    #expect(slow.status == 1)
    #expect(
      slow.err.contains("(test.judge): has not returned from 'activate' within 0.3 s; allow more with --timeout"),
      "\(slow.err)")
    #expect(try auscult("swap", "judge", "bad_after=12").status == 0)
    try live.wait(for: "auscult: warning: the change was taken back: ")
    let status = try auscult("status").out
    #expect(status.contains("\ngraph     generation 3; the last change was rolled back: "), "\(status)")
    #expect(try auscult("swap", "judge", "weight=1").out.hasPrefix("nothing changes\n"))
    #expect(try auscult("stop").status == 0)
    // A node failed, although the graph continued with the old one.
    _ = try live.end()
  }
}

import Foundation
import Glibc
import GraphEngine
import LiveControl
import NodeHost
import TestSupport
import Testing

/// Graph files that are saved, and plugins that are rebuilt, while a graph runs by hand.
@Suite struct GraphWatchTests {
  private func watched(_ files: [String: String] = ["graph.yaml": HandLiveRun.graph()]) throws -> HandLiveRun {
    let run = try HandLiveRun(files)
    try run.beginWatching()
    #expect(run.events == [.watchesFile(run.file)])
    return run
  }

  /// The file has stayed unchanged for long enough, and its change is applied.
  private func awaitEnd(_ run: HandLiveRun, ended count: Int) throws {
    run.poll()
    run.fileClock.advance(milliseconds: 50)
    run.run(until: { run.ended.count >= count })
    try #require(run.ended.count == count)
  }

  @Test func aSaveIsApplied() throws {
    let run = try watched()
    try run.folder.write("graph.yaml", HandLiveRun.graph(judge: HandLiveRun.judge(weight: 2)))
    try awaitEnd(run, ended: 1)
    #expect(run.ended[0].record.state == .done && run.ended[0].request.isWatched)
    #expect(run.value("judge", "weight") == 2)
    for _ in 0..<20 { run.poll() }
    #expect(run.ended.count == 1)
  }

  @Test func twoSavesInARowAreAppliedOnce() throws {
    let run = try watched()
    for weight in 2...3 {
      try run.folder.write("graph.yaml", HandLiveRun.graph(judge: HandLiveRun.judge(weight: weight)))
      run.poll()
      run.fileClock.advance(milliseconds: 30)
      run.poll()
    }
    #expect(run.ended.isEmpty && !run.engine.isSwapping)
    run.fileClock.advance(milliseconds: 20)
    run.run(until: { run.ended.count == 1 })
    #expect(run.value("judge", "weight") == 3)
    for _ in 0..<20 { run.poll() }
    #expect(run.ended.count == 1)
  }

  /// As editors do that replace the file at once.
  @Test func aRenameIsASave() throws {
    let run = try watched()
    try run.folder.write(".graph.new", HandLiveRun.graph(judge: HandLiveRun.judge(weight: 4)))
    #expect(rename(run.folder.path + "/.graph.new", run.file) == 0)
    try awaitEnd(run, ended: 1)
    #expect(run.ended[0].record.state == .done && run.value("judge", "weight") == 4)
  }

  @Test func anErrorKeepsTheGraphThatRuns() throws {
    let front = { (bands: String) in "nodes:\n  mel: { type: mel, \(bands): 8 }\n" }
    let graph = HandLiveRun.graph(include: "include: [front.yaml]")
      .replacing("  mel: { type: mel, bands: 8 }\n", with: "")
    let run = try watched(["graph.yaml": graph, "front.yaml": front("bands")])
    try run.folder.write("front.yaml", front("bandz"))
    try awaitEnd(run, ended: 1)
    #expect(run.ended[0].record.state == .failed)
    #expect(run.ended[0].record.diagnostics.first?.location?.file == run.folder.path + "/front.yaml")
    #expect(run.engine.generation == 1 && run.value("mel", "bands") == 8)
    // The faulty file is watched although no running graph was read from it.
    try run.folder.write("front.yaml", front("bands").replacing("8", with: "16"))
    try awaitEnd(run, ended: 2)
    #expect(run.ended[1].record.state == .done && run.value("mel", "bands") == 16)
  }

  @Test func whatWasSavedBeforeItWatchedIsApplied() throws {
    let run = try HandLiveRun()
    try run.folder.write("graph.yaml", HandLiveRun.graph(judge: HandLiveRun.judge(weight: 2)))
    try run.beginWatching()
    run.run(until: { run.ended.count == 1 })
    #expect(run.value("judge", "weight") == 2)
  }

  /// A save waits for an earlier one whose new nodes do not judge yet, but not for ever.
  @Test func aLaterSaveWaitsForAnEarlierOne() throws {
    let run = try watched()
    try run.folder.write("graph.yaml", HandLiveRun.graph(judge: "type: detector.bands, learn: 1 h"))
    run.poll()
    run.fileClock.advance(milliseconds: 50)
    run.run(until: { run.engine.swapStatus?.stage == .warming })
    try run.folder.write("graph.yaml", HandLiveRun.graph(judge: HandLiveRun.judge(weight: 3)))
    run.poll()
    run.fileClock.advance(milliseconds: 50)
    for _ in 0..<20 { run.poll() }
    #expect(run.ended.isEmpty && run.engine.swapStatus?.stage == .warming)
    run.clock.advance(.seconds(11))
    run.poll()
    #expect(run.ended.map(\.record.problem) == [.waitedTooLong(request: "apply", seconds: 11)])
    #expect(try run.finish(.discard).state == .done)
    #expect(try run.finish(.apply).state == .done)
    #expect(run.value("judge", "weight") == 3)
  }

  @Test func aSaveThatIsRefusedIsToldOf() throws {
    let run = try watched()
    run.changes.queue.refuse("it is being trained")
    try run.folder.write("graph.yaml", HandLiveRun.graph(bands: 16))
    run.poll()
    run.fileClock.advance(milliseconds: 50)
    run.poll()
    var request = ChangeRequest(.apply)
    request.isWatched = true
    #expect(run.events.last == .changeRefused(request, reason: "it is being trained"))
    #expect(run.value("mel", "bands") == 8)
  }

  private func build(_ factor: Int, _ folder: TemporaryFolder) throws {
    let path = folder.path + "/libauscult-test-judge.so"
    try CompiledPlugin.build(
      "c-judge/judge.c", flags: ["-O1", "-DFACTOR=\(factor)", "-DBUILD=\"c-\(factor)\"", "-lm"], into: path + ".new")
    #expect(rename(path + ".new", path) == 0)
  }

  @Test func aRebuiltPluginTakesOver() throws {
    let graph = HandLiveRun.graph(judge: "type: test.judge")
    let run = try HandLiveRun(
      ["graph.yaml": graph],
      catalog: { PluginCatalog(searchPath: [$0.path, BuildFolder.path], isPrivate: true) },
      prepare: { try build(1, $0) })
    try run.beginWatching(files: false, libraries: true)
    let library = run.folder.path + "/libauscult-test-judge.so"
    // The same build once more.
    let first = try Data(contentsOf: URL(fileURLWithPath: library))
    try first.write(to: URL(fileURLWithPath: library))
    run.poll()
    run.fileClock.advance(milliseconds: 100)
    run.poll()
    #expect(run.events == [.sameBuild(library: "libauscult-test-judge.so")])
    #expect(run.ended.isEmpty)
    // Half of a file is not a library: it is checked again later.
    try first.prefix(first.count / 2).write(to: URL(fileURLWithPath: library))
    run.poll()
    run.fileClock.advance(milliseconds: 100)
    run.poll()
    #expect(run.ended.isEmpty && run.events.count == 1)
    try build(2, run.folder)
    run.poll()
    run.fileClock.advance(milliseconds: 100)
    run.run(until: { run.ended.count == 1 })
    let record = run.ended[0].record
    #expect(record.state == .done && record.plan?.changes.first { $0.node == "judge" }?.action == .rewarmed)
    #expect(run.ended[0].request.words == "libauscult-test-judge.so")
    #expect(run.engine.graph.nodes.first { $0.name == "judge" }?.nodeClass.library.buildID == "c-2")
  }
}

import Foundation
import GraphEngine
import GraphText
import Synchronization
import TestSupport
import Testing

/// With a deadline the realtime thread never waits: a block without room is dropped completely, counted and marked.
@Suite struct DropTests {
  @Test func whatIsDroppedIsCountedAndMarked() throws {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("auscult-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let text = """
      graph: drops
      nodes:
        mic: { type: source }
        stft: { type: stft, length: 256, hop: 128, center: false }
        mel: { type: mel, bands: 4 }
        judge: { type: detector.level, learn: 0.01 s, thread: worker }
        log: { type: sink.jsonl, path: "${env:OUT}/log.jsonl" }
      links: [ mic -> stft -> mel -> judge -> log ]
      """
    let graph = try Graph.load(
      text: text, catalog: TestPlugins.catalog, options: GraphOptions(environment: ["OUT": folder.path])
    ).graph
    var options = EngineOptions()
    // No worker runs until the driver waits, so the queue certainly fills.
    options.workerThreads = 0
    options.queueSeconds = 0.1
    let engine = try Engine(graph: graph, options: options)
    try engine.prepare(rate: 48000)
    var random = SeededRandom(seed: 3)
    let sound = random.noise(frames: 256)[0]
    func cycles(_ count: Int) {
      sound.withUnsafeBufferPointer { samples in
        withUnsafePointer(to: Optional(samples.baseAddress!)) { input in
          for _ in 0..<count { engine.realtime.cycle(DriverCycle(frames: 256, inputs: input)) }
        }
      }
    }
    cycles(2000)
    let dropped = engine.statistics.droppedTokens
    #expect(dropped > 0)
    engine.drain()
    cycles(10)
    engine.finishStream()

    struct Line: Decodable {
      var kind: String
      var node: String
      var begin: Int
      var end: Int
      var cause: String?
      var count: Int?
      var flags: [String]?
    }
    let lines = try String(contentsOf: folder.appendingPathComponent("log.jsonl"), encoding: .utf8)
      .split(separator: "\n").map { try JSONDecoder().decode(Line.self, from: Data($0.utf8)) }
    let gap = try #require(lines.first { $0.kind == "gap" })
    #expect(gap.cause == "drop" && gap.node == "judge" && gap.count == Int(dropped))
    let scores = lines.filter { $0.kind == "score" }
    // Tokens overlap by half: the first one lost begins inside the last one kept.
    #expect(scores.allSatisfy { $0.begin < gap.begin || $0.end > gap.end })
    #expect(scores.first { $0.begin > gap.begin }?.flags == ["gap"])
    // Every column was judged, dropped, or learned from.
    let total = (2010 * 256 - 256) / 128 + 1
    let learned = scores[0].begin / 128
    #expect(scores.count + Int(dropped) + learned == total)
  }
}

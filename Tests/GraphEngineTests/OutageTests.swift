import Foundation
import Glibc
import GraphEngine
import TestSupport
import Testing

/// A file that can't be written while the watch continues: losses are marked in every place that people look at.
@Suite struct OutageTests {
  private static let channels = 8

  private func graph(_ suffix: String) -> String {
    """
    graph: outages
    nodes:
      mic: { type: source, channels: \(Self.channels) }
      tape: { type: sink.\(suffix), path: "${env:OUT}/disk/out/tape.\(suffix)" }
      one: { type: channels, pick: 0 }
      stft: { type: stft, length: 256, hop: 256, center: false }
      mel: { type: mel, bands: 4 }
      slices: { type: slicer, length: 4, hop: 4 }
      judge: { type: detector.level, learn: 0.1 s }
      log: { type: sink.jsonl, path: "${env:OUT}/log.jsonl" }
    links:
      - mic -> tape
      - mic -> one -> stft -> mel -> slices -> judge -> log
    """
  }

  private struct Gap: Decodable {
    var kind: String
    var node: String
    var begin: Int64
    var end: Int64
    var cause: String?
    var count: Int64?
  }

  /// A drive is unplugged for longer than samples can wait: the log lists the losses, `status` shows that it lasts, and
  /// the file holds silence for them.
  @Test(arguments: ["wav", "npy"]) func whatAnOutputLosesIsAGapInTheLog(_ suffix: String) throws {
    let run = try HandRun(graph(suffix), folders: ["disk"])
    run.engine.hasNoDeadline = false
    let frames = 48_000
    let second = (0..<Self.channels).map { channel in [Float](repeating: Float(channel + 1) / 16, count: frames) }
    func feed(_ seconds: Int) {
      for _ in 0..<seconds {
        run.driver.feed(second, period: 1024)
        run.engine.drain()
        run.engine.service()
      }
    }
    feed(1)
    #expect(run.engine.blockedOutputs == [] && run.engine.lostByOutputs == 0)
    rename("\(run.folder)/disk", "\(run.folder)/gone")
    feed(14)
    let blocked = run.engine.blockedOutputs
    #expect(blocked.map(\.node) == ["tape"] && blocked[0].problem.contains("cannot be made"), "\(blocked)")
    #expect(run.engine.lostByOutputs > 0)
    rename("\(run.folder)/gone", "\(run.folder)/disk")
    let deadline = ContinuousClock.now + .seconds(60)
    while !run.engine.blockedOutputs.isEmpty, .now < deadline {
      run.driver.feed(second.map { Array($0.prefix(1024)) }, period: 1024)
      run.engine.drain()
      usleep(20_000)
    }
    #expect(run.engine.blockedOutputs == [])
    // More may be lost until the file is tried again; nothing is after that.
    let lost = run.engine.lostByOutputs
    run.driver.finish()
    let gaps = try run.records("log.jsonl").map { try JSONDecoder().decode(Gap.self, from: Data($0.utf8)) }
      .filter { $0.kind == "gap" }
    #expect(gaps.allSatisfy { $0.node == "tape" && $0.cause == "sink" })
    #expect(gaps.reduce(0) { $0 + ($1.count ?? 0) } == Int64(lost))
    // The losses follow each other without a hole, and each is as long as what it counts.
    #expect(gaps.allSatisfy { $0.end - $0.begin == $0.count })
    #expect(zip(gaps, gaps.dropFirst()).allSatisfy { $0.end == $1.begin })
    if suffix == "wav" {
      let bytes = try Data(contentsOf: URL(fileURLWithPath: "\(run.folder)/disk/out/tape.wav"))
      #expect((bytes.count - 56) / (4 * Self.channels) == Int(run.engine.statistics.frames), "no sample is misplaced")
    }
  }
}

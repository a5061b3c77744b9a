import Foundation
import TestSupport
import Testing

/// Every channel keeps the name of its machine, down to the alarm's records.
@Suite struct MachineTests {
  @Test func recordsNameTheMachineOfTheirChannel() throws {
    let graph = """
      graph: names
      nodes:
        mic: { type: source, channels: 3, machines: [fan-00, fan-01, fan-02] }
        swap: { type: channels, pick: [2, 0] }
        stft: { type: stft, length: 512, hop: 256 }
        mel: { type: mel, bands: 8 }
        level: { type: normalize, mode: decibel }
        judge: { type: detector.bands, learn: 1 s, threshold: 8 }
        alarm: { type: alarm, on: 0.1 s, off: 0.1 s }
        log: { type: sink.jsonl, path: "${env:OUT}/log.jsonl" }
      links:
        - mic -> swap -> stft -> mel -> level -> judge -> alarm -> log
        - judge -> log
      """
    var random = SeededRandom(seed: 5)
    var sound = random.noise(channels: 3, frames: 48_000 * 3, level: 0.1)
    for frame in 96_000..<120_000 { sound[0][frame] *= 8 }
    let result = try runByHand(graph, feed: [.samples(sound)])
    let raised = result.lines("log.jsonl").filter { $0.contains(#""state":"raised""#) }
    #expect(raised.count == 1)
    #expect(raised.first?.contains(#""channel":1,"machine":"fan-00""#) == true)
    let scores = result.lines("log.jsonl").filter { $0.contains(#""kind":"score""#) }
    #expect(scores.contains { $0.contains(#""channel":0,"machine":"fan-02""#) })
    #expect(!scores.contains { $0.contains("fan-01") })
  }
}

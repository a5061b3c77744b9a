import Foundation
import TestSupport
import Testing

/// The whole watch, from the simulator to the alarm: it finds every fault of every machine, and raises no alarm before.
struct FaultTests {
  /// Machine and fault; the fault begins at 25 s and is complete at 27 s.
  private static let cases = [
    ("fan", "imbalance"), ("fan", "rub"), ("fan", "knock"), ("fan", "bearing"), ("fan", "blockage"), ("fan", "hum"),
    ("pump", "imbalance"), ("pump", "rub"), ("pump", "knock"), ("pump", "bearing"), ("pump", "blockage"),
    ("motor", "imbalance"), ("motor", "rub"), ("motor", "knock"), ("motor", "bearing"), ("motor", "hum"),
    ("transformer", "hum"), ("transformer", "corona"), ("power_line", "hum"), ("power_line", "corona"),
  ]

  private func watch(_ machine: String, _ fault: String, detector: String, slices: Bool, seed: Int) -> String {
    """
    graph: watch
    nodes:
      machine: { type: source.synth, machine: \(machine), fault: \(fault), at: 25 s, ramp: 2 s, seed: \(seed) }
      down: { type: resample, rate: 16 kHz }
      stft: { type: stft, length: 1024, hop: 512 }
      mel: { type: mel, bands: 64 }
      level: { type: normalize, mode: decibel }
    \(slices ? "  slices: { type: slicer, length: 0.6 s, hop: 20 % }" : "")
      judge: { type: \(detector), learn: 10 s }
      alarm: { type: alarm, on: 3 s }
      log: { type: sink.jsonl, path: "${env:OUT}/log.jsonl" }
    links:
      - machine -> down -> stft -> mel -> level -> \(slices ? "slices -> " : "")judge -> alarm -> log
      - judge -> log
    """
  }

  private struct Line: Decodable {
    var kind: String
    var begin: Int
    var end: Int
    var state: String?
    var score: Double
    var threshold: Double
  }

  private func run(_ graph: String, seconds: Int) throws -> [Line] {
    let result = try runByHand(graph, feed: [.frames(48000 * seconds)], threads: 0) { 1024 }
    return try result.lines("log.jsonl").map { try JSONDecoder().decode(Line.self, from: Data($0.utf8)) }
  }

  private func report(_ lines: [Line]) -> String {
    let scores = lines.filter { $0.kind == "score" }
    let (before, after) = (scores.filter { $0.end <= 25 * 48000 }, scores.filter { $0.begin > 28 * 48000 })
    let middle = after.map(\.score).sorted()[after.count / 2]
    return
      "threshold \(scores[0].threshold), before at most \(before.map(\.score).max()!), after \(middle) in the middle"
  }

  @Test("Each fault is found within seconds, by the bands of slices", arguments: cases)
  func slices(_ machine: String, _ fault: String) throws {
    let lines = try run(watch(machine, fault, detector: "detector.bands", slices: true, seed: 1), seconds: 35)
    let raised = lines.filter { $0.state == "raised" }
    #expect(raised.count == 1, "\(report(lines))")
    #expect(raised.allSatisfy { $0.end > 25 * 48000 && $0.end < 34 * 48000 }, "\(report(lines))")
    let early = lines.filter { $0.kind == "score" && $0.end <= 25 * 48000 && $0.score > $0.threshold }
    #expect(early.isEmpty, "\(report(lines))")
  }

  @Test("A healthy machine raises no alarm", arguments: ["fan", "pump", "motor", "transformer", "power_line"])
  func healthy(_ machine: String) throws {
    for detector in ["detector.bands", "detector.level"] {
      for slices in [true, false] {
        let graph = watch(machine, "none", detector: detector, slices: slices, seed: 7)
        let lines = try run(graph, seconds: 120)
        #expect(lines.allSatisfy { $0.kind != "alarm" })
        let scores = lines.filter { $0.kind == "score" }
        let over = scores.filter { $0.score > $0.threshold }.count
        #expect(over * 1000 <= scores.count, "\(detector) slices \(slices): \(over) of \(scores.count)")
      }
    }
  }

  @Test(
    "What changes the loudness is found by the loudness alone", arguments: [("fan", "blockage"), ("pump", "blockage")])
  func level(_ machine: String, _ fault: String) throws {
    let lines = try run(watch(machine, fault, detector: "detector.level", slices: true, seed: 1), seconds: 35)
    let raised = lines.filter { $0.state == "raised" }
    #expect(raised.count == 1 && raised[0].begin >= 24 * 48000, "\(report(lines))")
  }
}

import Foundation
import TestSupport
import Testing
import Training

/// Rules for thresholds, splits, and what counts as one alarm.
@Suite struct ThresholdTests {
  private func stream(_ scores: [Double], extent: Double = 1, hop: Double = 1, begin: Double = 0) -> ScoreStream {
    var stream = ScoreStream()
    for (index, score) in scores.enumerated() {
      let start = begin + Double(index) * hop
      stream.append(begin: start, end: start + extent, score: score)
    }
    return stream
  }

  @Test func rules() throws {
    let scores = (1...100).map(Double.init)
    let normal = [stream(scores)]
    func threshold(_ text: String) throws -> Double {
      try #require(ThresholdRule(text)).threshold(normal: normal, anomalous: [99.5, 200, 300])
    }
    #expect(abs(try threshold("percentile=95") - 95.05) < 1e-9)
    let deviation = (scores.reduce(0) { $0 + ($1 - 50.5) * ($1 - 50.5) } / 100).squareRoot()
    #expect(abs(try threshold("sigma=3") - (50.5 + 3 * deviation)) < 1e-9)
    #expect(abs(try threshold("mad=2") - (50.5 + 2 * 1.4826 * 25)) < 1e-9)
    #expect(try threshold("best-f1") > 99 && threshold("best-f1") < 99.5)
    #expect(try threshold("7.5") == 7.5 && threshold("manual=7.5") == 7.5)
    for text in ["", "percentile=101", "gamma=1", "false-alarms=0", "sigma", "nan", "best=1"] {
      #expect(ThresholdRule(text) == nil, "\(text)")
    }
    #expect(throws: TrainingError.self) {
      try ThresholdRule.gamma(0.9).threshold(normal: [stream([-1, 2])], anomalous: [])
    }
    #expect(throws: TrainingError.self) { try ThresholdRule.bestF1.threshold(normal: normal, anomalous: []) }
    #expect(throws: TrainingError.self) { try ThresholdRule.sigma(1).threshold(normal: [], anomalous: []) }
  }

  /// Tokens that share sound tell of one thing.
  @Test func neighboursAreOneAlarm() {
    let apart = stream([0, 2, 0, 2, 2, 0, 0, 2])
    #expect(apart.alarms(above: 1).map(\.begin) == [1, 3, 7])
    let overlapping = stream([0, 2, 0, 2, 0, 0, 0, 0, 0, 2], extent: 1, hop: 0.5)
    #expect(overlapping.alarms(above: 1).count == 2)
    #expect(abs(overlapping.seconds - 5.5) < 1e-9)
  }

  /// Correlated scores: the rate of alarms that a threshold gives on data it was not set on is the wanted one, also where
  /// the held-out data is too short to have seen as many.
  @Test(arguments: [60.0, 6.0]) func falseAlarmsKeepTheirBudget(budget: Double) throws {
    var random = SeededRandom(seed: 11)
    func gaussian() -> Double {
      (-2 * log(Double.random(in: 1e-12..<1, using: &random))).squareRoot()
        * cos(2 * .pi * Double.random(in: 0..<1, using: &random))
    }
    // Five neighbours share sound.
    func sound(_ count: Int) -> ScoreStream {
      let noise = (0..<(count + 5)).map { _ in gaussian() }
      return stream((0..<count).map { noise[$0..<($0 + 5)].reduce(0, +) }, extent: 0.6, hop: 0.12)
    }
    var rates: [Double] = []
    for _ in 0..<20 {
      let threshold = try ThresholdRule.falseAlarms(perHour: budget).threshold(normal: [sound(5000)], anomalous: [])
      let test = FalseAlarmRate([sound(60_000)])
      rates.append(Double(test.alarms(above: threshold)) / test.hours)
    }
    let median = rates.sorted()[10]
    print("budget \(budget): median \(median), from \(rates.min()!) to \(rates.max()!)")
    #expect(median > 0.6 * budget && median < 1.6 * budget)
  }

  /// Every stretch is for one thing only, with a token's length between learning and holding out.
  @Test func timeBlocksKeepTheirDistance() {
    let blocks = TimeBlocks(heldOut: 0.2, length: 300, extent: 0.6)
    var parts: [Part: [(Double, Double)]] = [:]
    for index in 0..<2400 {
      let begin = Double(index) * 0.12
      if let part = blocks.part(begin: begin, end: begin + 0.6) {
        parts[part, default: []].append((begin, begin + 0.6))
      }
    }
    let (train, heldOut) = (parts[.train] ?? [], parts[.validation] ?? [])
    #expect(Double(heldOut.count) / 2400 > 0.15 && Double(heldOut.count) / 2400 < 0.25)
    #expect(Double(train.count) / 2400 > 0.7)
    for one in heldOut {
      #expect(!train.contains { $0.0 < one.1 && $0.1 > one.0 })
    }
  }

  @Test func splitsAreByRecordingAndRepeatable() throws {
    let recordings = (0..<40).map { Recording(path: "r\($0).wav", label: $0 < 30 ? "normal" : "anomalous") }
    let set = RecordingSet(recordings: recordings, source: "test")
    let plan = SplitPlan(test: 0.2, heldOut: 0.25, seed: 3)
    let divided = plan.divided(set)
    #expect(divided.recordings == plan.divided(set).recordings)
    let counts = Dictionary(grouping: divided.recordings.prefix(30).compactMap(\.part)) { $0 }.mapValues(\.count)
    #expect(counts == [.test: 6, .validation: 6, .train: 18])
    #expect(SplitPlan(test: 0.2, heldOut: 0.25, seed: 4).divided(set).recordings != divided.recordings)
  }

  @Test func manifestsAreReadAsWritten() throws {
    let workshop = try Workshop()
    try workshop.record("a b.wav", [0])
    try workshop.write(
      "m.csv",
      "\u{feff}file,extra,label,split,machine\r\n\"a b.wav\",\"x,\"\"y\"\"\nz\",abnormal,val,\"fan, 1\"\r\n\r\n")
    let set = try RecordingSet.manifest(workshop.path + "/m.csv")
    let recording = try #require(set.recordings.first)
    #expect(set.recordings.count == 1)
    #expect(recording.label == "anomalous" && recording.part == .validation && recording.machine == "fan, 1")
  }
}

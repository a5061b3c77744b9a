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

  /// Tokens that share sound belong to one event.
  @Test func neighboursAreOneAlarm() {
    let apart = stream([0, 2, 0, 2, 2, 0, 0, 2])
    #expect(apart.alarms(above: 1).map(\.begin) == [1, 3, 7])
    let overlapping = stream([0, 2, 0, 2, 0, 0, 0, 0, 0, 2], extent: 1, hop: 0.5)
    #expect(overlapping.alarms(above: 1).count == 2)
    #expect(abs(overlapping.seconds - 5.5) < 1e-9)
  }

  private static func gaussian(_ random: inout SeededRandom) -> Double {
    (-2 * log(Double.random(in: 1e-12..<1, using: &random))).squareRoot()
      * cos(2 * .pi * Double.random(in: 0..<1, using: &random))
  }

  /// Scores around a level; five neighbours share sound.
  private func sound(_ count: Int, level: Double = 0, recording: Int = 0, _ random: inout SeededRandom) -> ScoreStream {
    let noise = (0..<(count + 5)).map { _ in Self.gaussian(&random) }
    var stream = stream((0..<count).map { level + noise[$0..<($0 + 5)].reduce(0, +) }, extent: 0.6, hop: 0.12)
    stream.recording = recording
    return stream
  }

  /// Over many trainings the number of alarms on other sound is at most the budget, and at least a quarter of it; also
  /// where the sound is too short for that many alarms.
  @Test(arguments: [60.0, 6.0]) func falseAlarmsKeepTheirBudget(budget: Double) throws {
    var random = SeededRandom(seed: 11)
    var rates: [Double] = []
    for _ in 0..<20 {
      let threshold = try ThresholdRule.falseAlarms(perHour: budget)
        .threshold(normal: [sound(5000, &random)], anomalous: [])
      let test = try FalseAlarmRate([sound(60_000, &random)])
      rates.append(Double(try test.alarms(above: threshold)) / test.hours)
    }
    let mean = rates.reduce(0, +) / 20
    print("budget \(budget): mean \(mean), from \(rates.min()!) to \(rates.max()!)")
    #expect(mean > 0.25 * budget && mean < 1.3 * budget)
  }

  /// If recordings differ more from each other than within themselves, the budget holds for other recordings, however
  /// few there were: the threshold is higher.
  @Test(arguments: [6, 24], [60.0, 6.0]) func recordingsThatDifferKeepTheBudget(count: Int, budget: Double) throws {
    var random = SeededRandom(seed: 12)
    func recordings(_ count: Int) -> [ScoreStream] {
      (0..<count).map { sound(80, level: 8 * Self.gaussian(&random), recording: $0, &random) }
    }
    var (alarms, hours) = (0, 0.0)
    for _ in 0..<20 {
      let threshold = try ThresholdRule.falseAlarms(perHour: budget).threshold(normal: recordings(count), anomalous: [])
      let test = try FalseAlarmRate(recordings(400))
      alarms += try test.alarms(above: threshold)
      hours += test.hours
    }
    print("\(count) recordings, budget \(budget): \(Double(alarms) / hours)")
    #expect(Double(alarms) / hours < 2 * budget)
  }

  /// A few recordings are far from the others, more than in a normal distribution (Student's with two degrees of
  /// freedom): even a budget that the sound can't support is kept.
  @Test(arguments: [48, 192]) func rareRecordingsKeepTheBudget(count: Int) throws {
    var random = SeededRandom(seed: 13)
    func level() -> Double {
      let (a, b) = (Self.gaussian(&random), Self.gaussian(&random))
      return 3 * Self.gaussian(&random) / ((a * a + b * b) / 2).squareRoot()
    }
    func recordings(_ count: Int) -> [ScoreStream] {
      (0..<count).map { sound(80, level: level(), recording: $0, &random) }
    }
    var (alarms, hours) = (0, 0.0)
    for _ in 0..<20 {
      let threshold = try ThresholdRule.falseAlarms(perHour: 1).threshold(normal: recordings(count), anomalous: [])
      let test = try FalseAlarmRate(recordings(800))
      alarms += try test.alarms(above: threshold)
      hours += test.hours
    }
    print("\(count) recordings, some rare, budget 1: \(Double(alarms) / hours)")
    #expect(Double(alarms) / hours < 2)
  }

  /// The observed rate, with 95 % confidence: none in an hour may be 3.7; recordings that differ give wider intervals.
  @Test func intervalsAreThoseOfThePoissonDistribution() throws {
    let none = try FalseAlarmRate([stream(Array(repeating: 0, count: 3600))]).interval(above: 1)
    #expect(none.low == 0 && abs(none.high - 3.689) < 1e-3)
    // Garwood's for 10.
    let even = (0..<10).map { index in
      var stream = stream([2] + Array(repeating: 0, count: 359))
      stream.recording = index
      return stream
    }
    let ten = try FalseAlarmRate(even).interval(above: 1)
    #expect(abs(ten.low - 4.795) < 1e-3 && abs(ten.high - 18.390) < 1e-3)
    let uneven = (0..<10).map { index in
      var stream = stream((0..<360).map { index == 0 && $0 % 36 == 0 ? 2 : 0 })
      stream.recording = index
      return stream
    }
    let clumped = try FalseAlarmRate(uneven).interval(above: 1)
    #expect(clumped.low < ten.low && clumped.high > 30)
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
    let workshop = try CommandFolder()
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

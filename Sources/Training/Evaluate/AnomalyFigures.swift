import JSONText
import NodeKit

/// How well a detector separates anomalous from normal, over some tokens or recordings.
public struct AnomalyFigures: Sendable {
  public private(set) var auc: Double?
  /// Up to a false positive rate of 0.1: on McClish's scale, and the raw area.
  public private(set) var pauc: Double?
  public private(set) var paucRaw: Double?
  public private(set) var prAUC: Double?
  public private(set) var decisions = Decisions()
  public private(set) var bestF1: (f1: Double, threshold: Double)?
  public private(set) var aucInterval: Interval?
  public private(set) var paucInterval: Interval?
  public private(set) var prAUCInterval: Interval?
  //  Of normal sound and of events; only over tokens.
  /// Events of the graph's alarm on normal sound, or, without an alarm node, stretches of scores above the threshold.
  public var falseAlarmsPerHour: Double?
  public var falseAlarmsInterval: Interval?
  public var alarmUnit: EventUnit.Kind?
  public var stretchesPerHour: Double?
  /// Results of the graph's alarms; nil: it has none.
  var alarms: AlarmFigures?
  /// Recordings that are anomalous as a whole, how many of them raised the alarm, and the median of the seconds until
  /// then.
  public private(set) var anomalies: Int?
  public private(set) var anomaliesFound: Int?
  public private(set) var anomalyDelay: Double?
  public var normalHours: Double?
  public var eventRecall: Double?
  public var events: Int?
  /// Seconds from an event's begin until the alarm is raised; without an alarm node, to the end of the first token
  /// above the threshold.
  public var detectionDelay: Double?

  /// The unit of the figures: a token, or a recording with the mean of its scores.
  struct Item {
    var recording: Int
    var score: Double
    var isAnomalous: Bool
    var isFlagged: Bool
  }

  /// - Parameter delays: of every event; nil: missed.
  mutating func count(_ delays: [Double?]) {
    guard !delays.isEmpty else { return }
    let found = delays.compactMap { $0 }
    events = delays.count
    eventRecall = Double(found.count) / Double(delays.count)
    detectionDelay = found.isEmpty ? nil : quantile(found, 0.5)
  }

  /// - Parameter anomalies: for every anomalous recording the seconds until the alarm is raised; nil: it is not raised.
  mutating func count(anomalies delays: [Double?]) {
    guard !delays.isEmpty else { return }
    let found = delays.compactMap { $0 }
    anomalies = delays.count
    anomaliesFound = found.count
    anomalyDelay = found.isEmpty ? nil : quantile(found, 0.5)
  }

  private static let draws = 1000

  init(_ items: [Item], seed: UInt64) {
    let sorted = items.sorted { $0.score > $1.score }
    let ranking = Ranking(sorted: sorted.map { ($0.score, $0.isAnomalous, 1) })
    auc = ranking.auc
    pauc = ranking.partialAUC()
    paucRaw = ranking.partialArea(upTo: 0.1)
    prAUC = ranking.averagePrecision
    bestF1 = ranking.bestF1
    for item in items { decisions.add(isAnomalous: item.isAnomalous, isFlagged: item.isFlagged) }
    if ranking.isDefined { drawIntervals(sorted, seed) }
  }

  /// Tokens of one recording are similar, so the draws are of whole recordings, separately with and without anomalies.
  private mutating func drawIntervals(_ sorted: [Item], _ seed: UInt64) {
    var isAnomalous: [Int: Bool] = [:]
    for item in sorted {
      isAnomalous[item.recording, default: false] = isAnomalous[item.recording, default: false] || item.isAnomalous
    }
    let groups = [true, false].map { kind in isAnomalous.filter { $0.value == kind }.keys.sorted() }
    guard isAnomalous.count >= 4, groups.allSatisfy({ $0.count != 1 }) else { return }
    let places = Dictionary(uniqueKeysWithValues: isAnomalous.keys.sorted().enumerated().map { ($1, $0) })
    let indexed = sorted.map { (score: $0.score, isAnomalous: $0.isAnomalous, place: places[$0.recording]!) }
    var generator = SeededGenerator(seed: seed)
    var (aucs, paucs, precisions): ([Double], [Double], [Double]) = ([], [], [])
    let draws = max(100, min(Self.draws, 20_000_000 / max(1, sorted.count)))
    for _ in 0..<draws {
      var counts = [Int](repeating: 0, count: places.count)
      for group in groups where !group.isEmpty {
        for _ in group { counts[places[group[generator.index(group.count)]]!] += 1 }
      }
      let ranking = Ranking(sorted: indexed.map { ($0.score, $0.isAnomalous, counts[$0.place]) })
      guard let auc = ranking.auc, let pauc = ranking.partialAUC(), let precision = ranking.averagePrecision else {
        continue
      }
      aucs.append(auc)
      paucs.append(pauc)
      precisions.append(precision)
    }
    aucInterval = interval(aucs)
    paucInterval = interval(paucs)
    prAUCInterval = interval(precisions)
  }

  private func interval(_ values: [Double]) -> Interval? {
    values.count < 50 ? nil : Interval(low: quantile(values, 0.025), high: quantile(values, 0.975))
  }

  /// Without undefined figures.
  public var json: JSONValue {
    var members: [String: JSONValue] = [
      "confusion": [
        "true_positives": .integer(Int64(decisions.truePositives)),
        "false_positives": .integer(Int64(decisions.falsePositives)),
        "true_negatives": .integer(Int64(decisions.trueNegatives)),
        "false_negatives": .integer(Int64(decisions.falseNegatives)),
      ], "count": .integer(Int64(decisions.count)),
    ]
    for (name, value) in [
      ("precision", decisions.precision), ("recall", decisions.recall), ("f1", decisions.f1),
      ("accuracy", decisions.accuracy), ("false_positive_rate", decisions.falsePositiveRate), ("auc", auc),
      ("pauc", pauc), ("pauc_raw", paucRaw), ("pr_auc", prAUC), ("best_f1", bestF1?.f1),
      ("best_f1_threshold", bestF1?.threshold), ("false_alarms_per_hour", falseAlarmsPerHour),
      ("normal_hours", normalHours), ("event_recall", eventRecall), ("detection_delay", detectionDelay),
    ] {
      if let value { members[name] = .number(value) }
    }
    for (name, interval) in [("auc", aucInterval), ("pauc", paucInterval), ("pr_auc", prAUCInterval)] {
      if let interval { members["\(name)_interval"] = [.number(interval.low), .number(interval.high)] }
    }
    if let events { members["events"] = .integer(Int64(events)) }
    if let interval = falseAlarmsInterval {
      members["false_alarms_per_hour_interval"] = [.number(interval.low), .number(interval.high)]
    }
    if let stretchesPerHour { members["stretches_per_hour"] = .number(stretchesPerHour) }
    if let alarmUnit { members["alarm_unit"] = .text(alarmUnit.rawValue) }
    if let alarms {
      members["true_alarms"] = .integer(Int64(alarms.right))
      members["false_alarms"] = .integer(Int64(alarms.wrong))
    }
    if let anomalies, let anomaliesFound {
      members["anomalous_recordings"] = .integer(Int64(anomalies))
      members["anomalous_recordings_found"] = .integer(Int64(anomaliesFound))
    }
    if let anomalyDelay { members["anomalous_recordings_delay"] = .number(anomalyDelay) }
    return .object(members)
  }
}

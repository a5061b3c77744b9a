import JSONText

/// A rule that sets a threshold. Scores are in the detector's own scale; anomalous means score > threshold.
public enum ThresholdRule: Sendable, Equatable {
  /// False alarms in an hour of normal sound, see `FalseAlarmRate`.
  case falseAlarms(perHour: Double)
  /// Per cent of the normal scores that lie at or below it.
  case percentile(Double)
  /// Mean + k standard deviations.
  case sigma(Double)
  /// Median + k * 1.4826 * the median deviation from it.
  case mad(Double)
  /// The quantile, from 0 to 1, of a gamma distribution fitted to the normal scores.
  case gamma(Double)
  /// The greatest F1 on held-out recordings, anomalous ones among them.
  case bestF1
  case manual(Double)

  /// Range of false alarms an hour: from one in a century.
  public static let budgets = 1e-6...1e6

  /// The default, except for classifiers.
  public static let standard = ThresholdRule.falseAlarms(perHour: 1)

  /// `false-alarms=60`, `percentile=95`, `sigma=3`, `mad=5`, `gamma=0.9`, `best-f1`, `manual=0.5`, a bare number.
  public init?(_ text: String) {
    let parts = text.split(separator: "=", maxSplits: 1).map(String.init)
    if parts.count == 1 {
      if text == "best-f1" {
        self = .bestF1
      } else if let number = Double(text), number.isFinite {
        self = .manual(number)
      } else {
        return nil
      }
      return
    }
    guard parts.count == 2, let number = Double(parts[1]), number.isFinite else { return nil }
    switch parts[0] {
    case "false-alarms" where Self.budgets.contains(number): self = .falseAlarms(perHour: number)
    case "percentile" where (0...100).contains(number): self = .percentile(number)
    case "sigma": self = .sigma(number)
    case "mad": self = .mad(number)
    case "gamma" where number > 0 && number < 1: self = .gamma(number)
    case "manual": self = .manual(number)
    default: return nil
    }
  }

  /// The text that `init` parses.
  public var text: String {
    switch self {
    case .falseAlarms(let number): "false-alarms=\(number)"
    case .percentile(let number): "percentile=\(number)"
    case .sigma(let number): "sigma=\(number)"
    case .mad(let number): "mad=\(number)"
    case .gamma(let number): "gamma=\(number)"
    case .bestF1: "best-f1"
    case .manual(let number): "manual=\(number)"
    }
  }

  /// Sets a threshold.
  ///
  /// - Parameters:
  ///   - normal: scores on normal sound that was not learned from.
  ///   - anomalous: scores on anomalous sound, for `bestF1`.
  ///   - unit: what counts as a false alarm.
  /// - Throws: `TrainingError` where the rule's data are missing.
  public func threshold(normal: [ScoreStream], anomalous: [Double], unit: EventUnit = .stretch) throws -> Double {
    if case .manual(let number) = self { return number }
    let scores = normal.flatMap(\.scores)
    guard !scores.isEmpty else {
      throw TrainingError(
        "no normal sound was held out to set a threshold by: give more recordings, or hold out more (--held-out)")
    }
    switch self {
    case .falseAlarms(let budget): return try FalseAlarmRate(normal, unit: unit).threshold(perHour: budget)
    case .percentile(let percent): return quantile(scores, percent / 100)
    case .sigma(let factor):
      let mean = scores.reduce(0, +) / Double(scores.count)
      let variance = scores.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(scores.count)
      return mean + factor * variance.squareRoot()
    case .mad(let factor):
      let median = quantile(scores, 0.5)
      return median + factor * 1.4826 * quantile(scores.map { abs($0 - median) }, 0.5)
    case .gamma(let share):
      guard let fit = GammaFit(scores) else {
        throw TrainingError(
          "a gamma distribution needs scores above 0 that differ, and this detector has others: use another rule")
      }
      return fit.quantile(share)
    case .bestF1:
      let ranking = Ranking(scores.map { ($0, false) } + anomalous.map { ($0, true) })
      guard let best = ranking.bestF1 else {
        throw TrainingError("best-f1 needs held-out anomalous recordings; give them, or use another rule")
      }
      return best.threshold
    case .manual(let number): return number
    }
  }
}

/// The value below which a share of all lies, interpolated linearly (numpy's default).
public func quantile(_ values: [Double], _ share: Double) -> Double {
  let sorted = values.sorted()
  let place = share * Double(sorted.count - 1)
  let index = min(Int(place), max(sorted.count - 2, 0))
  guard sorted.count > 1 else { return sorted[0] }
  return sorted[index] + (place - Double(index)) * (sorted[index + 1] - sorted[index])
}

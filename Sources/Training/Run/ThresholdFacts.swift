import JSONText
import NumberText

/// How a threshold was set, from a model file, for `train`, `calibrate` and `info`.
public struct ThresholdFacts: Sendable {
  private let calibration: JSONValue

  /// - Parameter calibration: of one of the model's machines.
  public init(_ calibration: JSONValue) { self.calibration = calibration }

  /// Seconds of normal sound that the threshold was set on.
  public var seconds: Double? { calibration["seconds"]?.number }
  public var alarms: Int? { calibration["alarms"]?.integer.map { Int($0) } }
  /// "6 recordings", "20 stretches of 1 recording"; nil in models of earlier versions.
  public var groups: String? { calibration["groups"]?.text }
  public var unit: EventUnit.Kind? { calibration["unit"]?.text.flatMap { EventUnit.Kind(rawValue: $0) } }
  /// False alarms an hour at the threshold, with 95 % confidence, on that sound.
  public var interval: Interval? {
    guard let ends = calibration["alarms_per_hour_interval"]?.array, ends.count == 2, let low = ends[0].number,
      let high = ends[1].number
    else { return nil }
    return Interval(low: low, high: high)
  }

  /// Nil: another rule set the threshold.
  private var budget: Double? {
    guard let text = calibration["rule"]?.text, case .falseAlarms(let budget)? = ThresholdRule(text) else { return nil }
    return budget
  }

  /// Advice where the sound is too little for the budget: what it supports, and how much more to record. Nil: it is
  /// enough.
  public var advice: String? {
    guard let budget, let seconds, let groups, let least = calibration["least_budget"]?.number,
      let missing = calibration["missing_seconds"]?.number, missing > 0
    else { return nil }
    return
      "\(duration(seconds)) of normal sound (\(groups)) support a budget of \(ceiling(least)) false alarms an hour or more, not "
      + "\(plain(budget)): the threshold is high, which gives fewer alarms and may miss faults. Record "
      + "\(duration(missing)) more, at other hours and on other days, and run `auscult calibrate`, or allow "
      + "--false-alarms-per-hour \(ceiling(least))"
  }

  /// The unit of counting, in a line; nil in models of earlier versions, and for other rules.
  public var words: String? {
    guard let unit, let groups, budget != nil else { return nil }
    let why = calibration["too_short"]?.boolean == true ? ": the recordings are too short for its alarm" : ""
    return "false alarms are \(unit.words)\(why), across \(groups)"
  }
}

/// Two significant digits, rounded up.
private func ceiling(_ number: Double) -> String {
  var scale = 1.0
  while number / scale >= 100 { scale *= 10 }
  while number / scale < 10, scale > 1e-6 { scale /= 10 }
  return plain((number / scale - 1e-9).rounded(.up) * scale)
}

private func plain(_ number: Double) -> String {
  number == number.rounded() && abs(number) < 1e9 ? "\(Int(number))" : NumberText.rounded(number, 4)
}

/// "48 s", "12 min", "3 h".
private func duration(_ seconds: Double) -> String {
  if seconds < 99.5 { return "\(tenths(seconds)) s" }
  return seconds < 99.5 * 60 ? "\(tenths(seconds / 60)) min" : "\(tenths(seconds / 3600)) h"
}

/// Whole from 10 on.
private func tenths(_ number: Double) -> String {
  number >= 10 ? plain(number.rounded()) : plain((number * 10).rounded() / 10)
}

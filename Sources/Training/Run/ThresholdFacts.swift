import JSONText
import NumberText

/// What a model file says of how a threshold was set, as `train`, `calibrate` and `info` tell it.
public struct ThresholdFacts: Sendable {
  private let calibration: JSONValue

  /// - Parameter calibration: of a machine of the model.
  public init(_ calibration: JSONValue) { self.calibration = calibration }

  /// Of normal sound that the threshold was set on.
  public var seconds: Double? { calibration["seconds"]?.number }
  public var alarms: Int? { calibration["alarms"]?.integer.map { Int($0) } }
  /// "6 recordings", "20 stretches of 1 recording"; nil in models of before.
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

  /// Where the sound is too little for the budget: what it can carry, and how much more to record. Nil: it is enough.
  public var advice: String? {
    guard let budget, let seconds, let groups, let least = calibration["least_budget"]?.number,
      let missing = calibration["missing_seconds"]?.number, missing > 0
    else { return nil }
    return
      "\(duration(seconds)) of normal sound (\(groups)) can tell of \(ceiling(least)) false alarms an hour or more, not of "
      + "\(plain(budget)): the threshold is far out, so that there are rather fewer alarms, and faults may be missed. Record "
      + "\(duration(missing)) more, at other hours and on other days, and run `auscult calibrate`, or allow "
      + "--false-alarms-per-hour \(ceiling(least))"
  }

  /// What the threshold counts, in a line; nil in models of before, and for other rules.
  public var words: String? {
    guard let unit, let groups, budget != nil else { return nil }
    let why = calibration["too_short"]?.boolean == true ? ": the recordings are too short for its alarm" : ""
    return "false alarms are \(unit.words)\(why), across \(groups)"
  }
}

/// Two significant digits, upwards.
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

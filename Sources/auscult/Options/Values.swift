import ArgumentParser
import FileDriver
import LiveControl

/// A stretch of time on the command line: `90`, `90s`, `1.5min`, `2 h`, `500ms`, `1w`.
struct Seconds: ExpressibleByArgument {
  private static let units: [(name: String, factor: Double)] = [
    ("ms", 0.001), ("min", 60), ("m", 60), ("s", 1), ("h", 3600), ("d", 86400), ("w", 604_800), ("", 1),
  ]
  /// A hundred years: longer times overflow in nanoseconds or frames.
  static let most = ChangeRequest.longestTimeout
  var number: Double

  init(_ number: Double) { self.number = number }

  init?(argument: String) {
    guard let (number, factor) = split(argument, Seconds.units), number * factor > 0, number * factor <= Self.most
    else { return nil }
    self.number = number * factor
  }

  var defaultValueDescription: String { Quantity.seconds(number) }
}

/// Frames per second on the command line: `48000`, `48kHz`, `44.1 kHz`.
struct Rate: ExpressibleByArgument {
  private static let units: [(name: String, factor: Double)] = [("kHz", 1000), ("Hz", 1), ("k", 1000), ("", 1)]
  var number: Int

  init(_ number: Int) { self.number = number }

  init?(argument: String) {
    guard let (number, factor) = split(argument, Rate.units) else { return nil }
    let rate = (number * factor).rounded()
    guard rate == number * factor, rate >= 1, rate <= 16_000_000 else { return nil }
    self.number = Int(rate)
  }

  var defaultValueDescription: String { "\(number)" }
}

/// Frames in a cycle on the command line: `256`; over files also a list that repeats, `64,1,1000`.
struct Period: ExpressibleByArgument {
  var lengths: [Int]

  init(_ length: Int) { lengths = [length] }

  init?(argument: String) {
    let lengths = argument.split(separator: ",", omittingEmptySubsequences: false).map { Int($0) }
    guard lengths.allSatisfy({ $0.map { PeriodPlan.range.contains($0) } ?? false }) else { return nil }
    self.lengths = lengths.compactMap { $0 }
  }

  var defaultValueDescription: String { lengths.map { "\($0)" }.joined(separator: ",") }
}

/// A number, multiplied by the factor of the first unit that fits.
func split(_ text: String, _ units: [(name: String, factor: Double)]) -> (number: Double, factor: Double)? {
  for unit in units where text.hasSuffix(unit.name) {
    var digits = text.dropLast(unit.name.count)
    while digits.last == " " { digits.removeLast() }
    if let number = Double(digits), number.isFinite { return (number, unit.factor) }
  }
  return nil
}

/// Reads numbers of fixed length from the front of a text.
struct DigitScanner {
  private var rest: ArraySlice<UInt8>

  init(_ text: some StringProtocol) { rest = Array(text.utf8)[...] }

  var isAtEnd: Bool { rest.isEmpty }

  mutating func take(_ character: Unicode.Scalar) -> Bool {
    guard rest.first == UInt8(ascii: character) else { return false }
    rest.removeFirst()
    return true
  }

  /// Exactly `count` digits.
  mutating func number(_ count: Int) -> Int? {
    let digits = rest.prefix(count)
    guard digits.count == count, digits.allSatisfy(isDigit) else { return nil }
    rest.removeFirst(count)
    return digits.reduce(0) { $0 * 10 + Int($1 - UInt8(ascii: "0")) }
  }

  /// All digits that follow, as a fraction of a second in nanoseconds; further digits do not count.
  mutating func fraction() -> Int? {
    let digits = rest.prefix(while: isDigit)
    guard !digits.isEmpty else { return nil }
    rest.removeFirst(digits.count)
    return (0..<9).reduce(0) { value, place in
      value * 10 + (place < digits.count ? Int(digits[digits.startIndex + place] - UInt8(ascii: "0")) : 0)
    }
  }

  /// `09:30`, `09:30:01`, `09:30:01.664`
  mutating func timeOfDay(into time: inout CivilTime) -> Bool {
    guard let hour = number(2), take(":"), let minute = number(2) else { return false }
    (time.hour, time.minute) = (hour, minute)
    guard take(":") else { return true }
    guard let second = number(2) else { return false }
    time.second = second
    guard take(".") || take(",") else { return true }
    guard let fraction = fraction() else { return false }
    time.nanosecond = fraction
    return true
  }

  /// `Z`, `+01:00`, `-0330`, `+2`: seconds east of Greenwich.
  mutating func offset() -> Int? {
    if take("Z") { return 0 }
    let sign: Int
    if take("+") { sign = 1 } else if take("-") { sign = -1 } else { return nil }
    guard let hours = number(2) ?? number(1) else { return nil }
    var minutes = 0
    if take(":") || !isAtEnd, rest.first.map(isDigit) ?? false {
      guard let number = number(2) else { return nil }
      minutes = number
    }
    guard hours <= 15, minutes < 60 else { return nil }
    return sign * (hours * 3600 + minutes * 60)
  }
}

private func isDigit(_ byte: UInt8) -> Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) }

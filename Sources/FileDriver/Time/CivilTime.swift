import Glibc

/// A date and a time of day as recorders write them, with or without a zone.
public struct CivilTime: Sendable, Equatable {
  /// The years that are taken for the time of a recording.
  public static let years = 1970...2200

  public var year: Int
  public var month: Int
  public var day: Int
  public var hour = 0
  public var minute = 0
  public var second = 0
  public var nanosecond = 0
  /// Seconds east of Greenwich; nil: the text names no zone.
  public var offset: Int?

  public init(year: Int, month: Int, day: Int) { (self.year, self.month, self.day) = (year, month, day) }

  /// Reads ISO 8601: `2026-11-21T09:30:01.664Z`, `2026-11-21 09:30+01:00`. Seconds, their fraction and the zone may be
  /// missing; a date alone is no time.
  public init?(iso text: some StringProtocol) {
    var scanner = DigitScanner(text)
    guard let year = scanner.number(4), scanner.take("-"), let month = scanner.number(2), scanner.take("-"),
      let day = scanner.number(2), scanner.take("T") || scanner.take(" ")
    else { return nil }
    self.init(year: year, month: month, day: day)
    guard scanner.timeOfDay(into: &self) else { return nil }
    if !scanner.isAtEnd {
      guard let offset = scanner.offset() else { return nil }
      self.offset = offset
    }
    guard scanner.isAtEnd, isValid else { return nil }
  }

  /// Whether the calendar has this moment. Leap seconds do not count: the clock of records has none.
  public var isValid: Bool {
    guard Self.years.contains(year), (1...12).contains(month), (1...31).contains(day), (0...23).contains(hour),
      (0...59).contains(minute), (0...59).contains(second), (0..<1_000_000_000).contains(nanosecond)
    else { return false }
    var date = broken
    timegm(&date)
    return date.tm_mday == Int32(day) && date.tm_mon == Int32(month - 1)
  }

  /// Nanoseconds since the Unix epoch (UTC); `zone` is for a text without one. Nil: not a valid moment.
  public func nanoseconds(in zone: RecordingZone) -> Int64? {
    guard isValid else { return nil }
    let seconds: Int
    if let offset {
      var date = broken
      seconds = timegm(&date) - offset
    } else {
      guard let found = zone.seconds(of: broken) else { return nil }
      seconds = found
    }
    return Int64(seconds) * 1_000_000_000 + Int64(nanosecond)
  }

  private var broken: tm {
    var date = tm()
    date.tm_year = Int32(year - 1900)
    date.tm_mon = Int32(month - 1)
    date.tm_mday = Int32(day)
    date.tm_hour = Int32(hour)
    date.tm_min = Int32(minute)
    date.tm_sec = Int32(second)
    return date
  }
}

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

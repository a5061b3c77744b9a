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

import Glibc
import Records

/// Times of the database: UTC, ISO 8601 with milliseconds, so that their order as text is their order in time.
public enum HistoryTime {
  /// The text of a time; empty: it is not known.
  static func text(_ nanoseconds: Int64?) -> String { nanoseconds.map { wallTimeText($0) } ?? "" }

  /// "2026-11-21T09:30" of a whole time: its minute.
  static func minute(_ time: String) -> String { String(time.prefix(16)) }
  static func day(_ time: String) -> String { String(time.prefix(10)) }

  /// Nanoseconds since the Unix epoch; nil: the text is no time.
  public static func nanoseconds(_ text: String) -> Int64? {
    let form = "0000-01-01T00:00:00.000Z"
    guard !text.isEmpty, text.utf8.count <= form.utf8.count else { return nil }
    let whole = text.utf8.count < form.utf8.count ? text + form.dropFirst(text.utf8.count) : text
    return wallTime(whole.utf8)
  }

  public static var now: Int64 {
    var time = timespec()
    clock_gettime(CLOCK_REALTIME, &time)
    return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
  }

  private static let units: [(String, Double)] = [
    ("ms", 0.001), ("min", 60), ("m", 60), ("s", 1), ("h", 3600), ("d", 86400), ("w", 604_800),
  ]

  /// A stretch of time in seconds: `30 s`, `2d`, `1.5h`, `1 w`.
  public static func seconds(_ text: String) -> Double? {
    for (unit, factor) in units where text.hasSuffix(unit) {
      let digits = text.dropLast(unit.count).filter { $0 != " " }
      if let number = Double(digits), number >= 0, number * factor <= 100 * 366 * 86400 { return number * factor }
    }
    return nil
  }

  /// A moment that a person gives, in nanoseconds since the Unix epoch: `now`; a time before now, `2d`, `90 min`; or a
  /// date with or without a time, `2026-11-21`, `2026-11-21 09:30`, `2026-11-21T09:30:01.5Z`, `2026-11-21T09:30+02:00`.
  /// Without a zone it is UTC, like the times in the records.
  public static func moment(_ text: String, now: Int64 = now) -> Int64? {
    if text == "now" { return now }
    if let seconds = seconds(text) { return now - Int64(seconds * 1e9) }
    var rest = Array(text.utf8)
    var offset: Int64 = 0
    if let last = rest.last, last == UInt8(ascii: "Z") || last == UInt8(ascii: "z") {
      rest.removeLast()
    } else if rest.count > 16, let sign = rest.lastIndex(where: { $0 == UInt8(ascii: "+") || $0 == UInt8(ascii: "-") }),
      sign > 9
    {
      guard let seconds = zone(rest[(sign + 1)...]) else { return nil }
      offset = rest[sign] == UInt8(ascii: "+") ? seconds : -seconds
      rest.removeSubrange(sign...)
    }
    guard let time = local(rest) else { return nil }
    let (moment, isTooFar) = time.subtractingReportingOverflow(offset * 1_000_000_000)
    return isTooFar ? nil : moment
  }

  /// Seconds of `02:00` or `0200`.
  private static func zone(_ digits: ArraySlice<UInt8>) -> Int64? {
    let digits = digits.filter { $0 != UInt8(ascii: ":") }
    guard digits.count == 4, let number = Int64(String(decoding: digits, as: UTF8.self)), number >= 0,
      number / 100 < 24, number % 100 < 60
    else { return nil }
    return number / 100 * 3600 + number % 100 * 60
  }

  /// A date, perhaps with a time of at least hours and minutes.
  private static func local(_ bytes: [UInt8]) -> Int64? {
    var bytes = bytes
    guard [10, 16, 19].contains(bytes.count) || (21...29).contains(bytes.count) else { return nil }
    guard bytes.dropFirst(20).allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }) else { return nil }
    if bytes.count > 10 {
      guard bytes[10] == UInt8(ascii: "T") || bytes[10] == UInt8(ascii: " ") else { return nil }
      bytes[10] = UInt8(ascii: "T")
    }
    let form = Array("0000-01-01T00:00:00.000Z".utf8)
    let whole = Array(bytes.prefix(23)) + form.dropFirst(min(bytes.count, 23))
    guard let time = wallTime(whole) else { return nil }
    // A day that no month has, or an hour past 23, gives another text.
    return Array(wallTimeText(time).utf8) == whole ? time : nil
  }
}

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
}

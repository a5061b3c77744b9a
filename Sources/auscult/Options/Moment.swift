import ArgumentParser
import FileDriver
import History

/// A moment on the command line: `now`; a time before now, `2d`, `90 min`; or a date with or without a time, `2026-11-21`,
/// `2026-11-21 09:30`, `2026-11-21T09:30:01.5Z`, `2026-11-21T09:30+02:00`. Without a zone it is UTC, like the times in the
/// records.
struct Moment: ExpressibleByArgument {
  /// Since the Unix epoch.
  var nanoseconds: Int64

  init?(argument: String) {
    if argument == "now" {
      nanoseconds = HistoryTime.now
    } else if argument.last?.isLetter ?? false, let ago = Seconds(argument: argument) {
      nanoseconds = HistoryTime.now - Int64(ago.number * 1e9)
    } else {
      let text = argument.utf8.count == "2026-11-21".utf8.count ? argument + "T00:00" : argument
      guard let time = CivilTime(iso: text)?.nanoseconds(in: .offset(0)) else { return nil }
      nanoseconds = time
    }
  }
}

import ArgumentParser
import History

/// A moment on the command line: `2d` (before now), `2026-11-21`, `2026-11-21T09:30Z`.
struct Moment: ExpressibleByArgument {
  /// Since the Unix epoch.
  var nanoseconds: Int64

  init?(argument: String) {
    guard let time = HistoryTime.moment(argument) else { return nil }
    nanoseconds = time
  }
}

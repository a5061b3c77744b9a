import ArgumentParser
import FileDriver
import Glibc

/// A time on the command line: `2026-11-21T09:30:00Z` (without a zone: UTC), or so long ago: `2d`, `90s`.
struct Moment: ExpressibleByArgument {
  /// Since the Unix epoch.
  var nanoseconds: Int64

  init?(argument: String) {
    if let time = CivilTime(iso: argument)?.nanoseconds(in: .offset(0)) {
      nanoseconds = time
    } else if let ago = Seconds(argument: argument) {
      var now = timespec()
      clock_gettime(CLOCK_REALTIME, &now)
      nanoseconds = Int64(now.tv_sec) * 1_000_000_000 + Int64(now.tv_nsec) - Int64(ago.number * 1e9)
    } else {
      return nil
    }
  }
}

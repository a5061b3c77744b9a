import Glibc
import Synchronization

/// The zone of recorders that write times without one: `UTC`, `+02:00`, `local`, `Europe/Berlin`.
public enum RecordingZone: Sendable, Equatable {
  /// Seconds east of Greenwich.
  case offset(Int)
  /// The zone of this computer.
  case local
  /// A zone of the system's database.
  case named(String)

  /// Nil: there is no such zone.
  public init?(_ text: String) {
    switch text {
    case "UTC", "utc": self = .offset(0)
    case "local": self = .local
    default:
      var scanner = DigitScanner(text)
      if let offset = scanner.offset(), scanner.isAtEnd {
        self = .offset(offset)
      } else {
        guard Self.exists(text) else { return nil }
        self = .named(text)
      }
    }
  }

  /// The system takes the name of an unknown zone for UTC, so the name is looked up first.
  private static func exists(_ name: String) -> Bool {
    let isPlain = name.utf8.allSatisfy { byte in
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"): true
      case UInt8(ascii: "0")...UInt8(ascii: "9"): true
      default: "_+-/".utf8.contains(byte)
      }
    }
    var status = stat()
    return isPlain && !name.isEmpty && name.utf8.first != UInt8(ascii: "/")
      && stat("/usr/share/zoneinfo/" + name, &status) == 0 && status.st_mode & S_IFMT == S_IFREG
  }

  /// Seconds since the Unix epoch of a date and time in this zone; nil: it can't be represented.
  func seconds(of date: tm) -> Int? {
    var date = date
    switch self {
    case .offset(let offset): return timegm(&date) - offset
    case .local: return environment.withLock { _ in localSeconds(&date) }
    case .named(let name):
      return environment.withLock { _ in
        let before = getenv("TZ").map { String(cString: $0) }
        setenv("TZ", ":" + name, 1)
        tzset()
        defer {
          if let before { setenv("TZ", before, 1) } else { unsetenv("TZ") }
          tzset()
        }
        return localSeconds(&date)
      }
    }
  }
}

/// The C library has one zone for the process.
private let environment = Mutex<Void>(())

private func localSeconds(_ date: inout tm) -> Int? {
  // Let the library find out whether summer time applies.
  date.tm_isdst = -1
  let seconds = mktime(&date)
  return seconds == -1 ? nil : seconds
}

import Glibc
import Logging

/// The levels of systemd's journal: `<3>` before each line of standard error, where the journal reads it (sd-daemon(3)).
enum JournalLevels {
  /// Whether `$JOURNAL_STREAM` names standard error, by device and inode.
  static let areWanted: Bool = {
    var status = stat()
    guard let text = getenv("JOURNAL_STREAM").map({ String(cString: $0) }), fstat(STDERR_FILENO, &status) == 0 else {
      return false
    }
    return text == "\(status.st_dev):\(status.st_ino)"
  }()

  /// Marks every line.
  static func mark(_ text: [UInt8], _ level: Logger.Level) -> [UInt8] {
    let mark = Array("<\(number(level))>".utf8)
    let newline = UInt8(ascii: "\n")
    return Array(
      text.split(separator: newline, omittingEmptySubsequences: false).map { mark + $0 }.joined(separator: [newline]))
  }

  /// As in syslog: 3 is an error, 7 is for debugging.
  private static func number(_ level: Logger.Level) -> Int {
    switch level {
    case .critical: 2
    case .error: 3
    case .warning: 4
    case .notice: 5
    case .info: 6
    case .debug, .trace: 7
    }
  }
}

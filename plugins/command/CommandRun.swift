import Glibc
import SystemCalls

/// One run of the program, with its end awaited.
///
/// Thread: the queue's.
struct CommandRun {
  /// Seconds between the request to end and the end by force.
  static let grace = LimitedProgram.grace
  /// The last bytes of what it prints are kept for the message.
  private static let keptBytes = 4096

  private let command: [String]
  private let event: CommandEvent
  private let skipped: Int
  private let timeout: Double

  init(_ command: [String], _ event: CommandEvent, skipped: Int, timeout: Double) {
    (self.command, self.event, self.skipped, self.timeout) = (command, event, skipped, timeout)
  }

  /// - Returns: why it failed, in words; nil: it ended with status 0.
  func run() -> String? {
    let name = command[0]
    guard let program = ExternalProgram(name) else {
      return "\(name) cannot be run: there is no such program"
        + (name.contains("/") ? ", or it may not be run" : " in $PATH; give its whole path")
    }
    var run = LimitedProgram(program, Array(command.dropFirst()), seconds: timeout)
    (run.input, run.environment, run.hasErrorsAmongOutput) = (event.line, event.environment(skipped: skipped), true)
    var printed: [UInt8] = []
    let outcome = run.run { piece in
      printed += piece
      if printed.count > Self.keptBytes { printed.removeFirst(printed.count - Self.keptBytes) }
      return true
    }
    guard let outcome else {
      return "\(name) cannot be run: the system can't start it; check its format and rights, and whether memory and "
        + "descriptors are left"
    }
    switch outcome.end {
    case .ended(let status): return status == 0 ? nil : "\(name) ended with status \(status)" + words(printed)
    case .signalled(let signal): return "\(name) was ended by signal \(signal)" + words(printed)
    case .late, .stopped: return "\(name) did not end within \(timeout) s, and was ended" + words(printed)
    }
  }

  /// ": " and its last line; empty if it has printed nothing.
  private func words(_ printed: [UInt8]) -> String {
    let lines = String(decoding: printed, as: UTF8.self).split(whereSeparator: \.isNewline)
    guard let line = lines.last(where: { $0.contains { !$0.isWhitespace } }) else { return "" }
    return ": " + line.prefix(300)
  }
}

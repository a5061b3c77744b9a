import Glibc
import GraphText
import LiveControl
import Logging
import RunControl
import Synchronization
import SystemCalls

/// Standard error, for everything that is not a result: lines of text, or with `--json` one object per line. Any thread.
final class Console: Sendable {
  /// Errors and warnings only, as text.
  static let plain = Console(level: .warning, isJSON: false)

  let level: Logger.Level
  let isJSON: Bool
  /// A progress line is on the terminal, and must be cleared before anything else is written.
  private let hasProgress = Mutex(false)

  init(level: Logger.Level, isJSON: Bool) {
    self.level = level
    self.isJSON = isJSON
  }

  /// A logger that writes to this console. Metadata `node` names the node that a line is about.
  var logger: Logger {
    let handler = ConsoleLogHandler(console: self, logLevel: level)
    return Logger(label: "auscult") { _ in handler }
  }

  // MARK: Lines

  /// Prints a note; not with `--quiet`.
  func info(_ text: String) { say(.info, text) }

  func warning(_ text: String, node: String = "") { say(.warning, text, node: node) }

  func error(_ text: String, advice: String? = nil) {
    say(.error, advice.map { "\(text)\n  \($0)" } ?? text)
  }

  /// Prints one line of the log, if its level is enabled.
  func say(_ level: Logger.Level, _ text: String, node: String = "") {
    guard level >= self.level else { return }
    if isJSON {
      write(JSONValue.log(level, text, node: node).json, level)
    } else {
      write(Array(plain(level, text, node: node).utf8), level)
    }
  }

  /// Prints the error of a command line, and its usage.
  func usage(_ text: String) { write(Array(TerminalText.lines(text).utf8), .error) }

  /// Prints diagnostics of a graph, as worded by `DiagnosticsRenderer`.
  func show(_ diagnostics: [Diagnostic]) {
    for diagnostic in diagnostics {
      write(
        isJSON ? JSONValue(diagnostic).json : Array(diagnostic.rendered.utf8),
        diagnostic.severity == .error ? .error : .warning)
    }
  }

  /// Prints a note: lines of text, or with `--json` the object.
  func info(_ lines: [String], object: JSONValue) {
    guard level <= .info else { return }
    if isJSON { write(object.json, .info) } else { for line in lines { info(line) } }
  }

  /// Prints one line of a level: text, or with `--json` the object.
  func tell(_ level: Logger.Level, _ text: String, object: JSONValue) {
    guard level >= self.level else { return }
    if isJSON { write(object.json, level) } else { say(level, text) }
  }

  private func plain(_ level: Logger.Level, _ text: String, node: String) -> String {
    let severity =
      switch level {
      case .warning: "warning: "
      case .error, .critical: "error: "
      default: ""
      }
    return "auscult: \(severity)\(node.isEmpty ? "" : "\(node.shown): ")\(TerminalText.message(text))"
  }

  // MARK: Progress

  /// Shows progress, on a terminal only, in place of the last progress line.
  func progress(_ text: String) {
    guard showsProgress else { return }
    hasProgress.withLock {
      $0 = true
      Self.send(Array("\r\u{1b}[K\(TerminalText.line(text, most: TerminalText.nameLength))".utf8))
    }
  }

  var showsProgress: Bool { !isJSON && level <= .info && isatty(STDERR_FILENO) == 1 }

  /// Clears the progress line.
  func endProgress() { hasProgress.withLock { clear(&$0) } }

  private func clear(_ hasProgress: inout Bool) {
    if hasProgress { Self.send(Array("\r\u{1b}[K".utf8)) }
    hasProgress = false
  }

  // MARK: Bytes

  private func write(_ line: [UInt8], _ level: Logger.Level) {
    let line = JournalLevels.areWanted ? JournalLevels.mark(line, level) : line
    hasProgress.withLock {
      clear(&$0)
      Self.send(line + [UInt8(ascii: "\n")])
    }
  }

  /// A closed standard error can't be reported.
  static func send(_ bytes: [UInt8]) {
    _ = writeAll(bytes, to: STDERR_FILENO)
  }
}

/// Passes swift-log's lines on to `Console`.
private struct ConsoleLogHandler: LogHandler {
  let console: Console
  var logLevel: Logger.Level
  var metadata: Logger.Metadata = [:]
  var metadataProvider: Logger.MetadataProvider?

  init(console: Console, logLevel: Logger.Level) {
    self.console = console
    self.logLevel = logLevel
  }

  subscript(metadataKey key: String) -> Logger.Metadata.Value? {
    get { metadata[key] }
    set { metadata[key] = newValue }
  }

  func log(event: LogEvent) {
    let node = (event.metadata?["node"] ?? metadata["node"]).map { "\($0)" } ?? ""
    console.say(event.level, event.message.description, node: node)
  }
}

import Glibc
import GraphText
import LiveControl
import Logging
import RunControl
import Synchronization
import SystemCalls

/// Standard error, where everything goes that is no result: lines of text, or with `--json` one object a line. Any
/// thread.
final class Console: Sendable {
  /// Errors and warnings alone, as text.
  static let plain = Console(level: .warning, isJSON: false)

  let level: Logger.Level
  let isJSON: Bool
  /// A progress line is on the terminal, and has to go before anything else is written.
  private let hasProgress = Mutex(false)

  init(level: Logger.Level, isJSON: Bool) {
    self.level = level
    self.isJSON = isJSON
  }

  /// A logger that writes here. Metadata `node` names the node that a line is about.
  var logger: Logger {
    let handler = ConsoleLogHandler(console: self, logLevel: level)
    return Logger(label: "auscult") { _ in handler }
  }

  // MARK: Lines

  /// Something that a person may like to know; not with `--quiet`.
  func info(_ text: String) { say(.info, text) }

  func warning(_ text: String, node: String = "") { say(.warning, text, node: node) }

  func error(_ text: String, advice: String? = nil) {
    say(.error, advice.map { "\(text)\n  \($0)" } ?? text)
  }

  /// One line of the log, if it is important enough.
  func say(_ level: Logger.Level, _ text: String, node: String = "") {
    guard level >= self.level else { return }
    if isJSON {
      write(JSONValue.log(level, text, node: node).json)
    } else {
      write(Array(plain(level, text, node: node).utf8))
    }
  }

  /// What is wrong with a command line, and how it is written.
  func usage(_ text: String) { write(Array(TerminalText.lines(text).utf8)) }

  /// Diagnostics of a graph, as `DiagnosticsRenderer` words them.
  func show(_ diagnostics: [Diagnostic]) {
    for diagnostic in diagnostics {
      write(isJSON ? JSONValue(diagnostic).json : Array(diagnostic.rendered.utf8))
    }
  }

  /// Something that a person may like to know as lines of text, and a program as an object of its own kind.
  func info(_ lines: [String], object: JSONValue) {
    guard level <= .info else { return }
    if isJSON { write(object.json) } else { for line in lines { info(line) } }
  }

  /// One line of a level as text, and for a program an object of its own kind.
  func tell(_ level: Logger.Level, _ text: String, object: JSONValue) {
    guard level >= self.level else { return }
    if isJSON { write(object.json) } else { say(level, text) }
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

  /// Shows how far something is, on a terminal only, in place of what was shown last.
  func progress(_ text: String) {
    guard showsProgress else { return }
    hasProgress.withLock {
      $0 = true
      Self.send(Array("\r\u{1b}[K\(TerminalText.line(text, most: TerminalText.nameLength))".utf8))
    }
  }

  var showsProgress: Bool { !isJSON && level <= .info && isatty(STDERR_FILENO) == 1 }

  /// Takes the progress line away.
  func endProgress() { hasProgress.withLock { clear(&$0) } }

  private func clear(_ hasProgress: inout Bool) {
    if hasProgress { Self.send(Array("\r\u{1b}[K".utf8)) }
    hasProgress = false
  }

  // MARK: Bytes

  private func write(_ line: [UInt8]) {
    hasProgress.withLock {
      clear(&$0)
      Self.send(line + [UInt8(ascii: "\n")])
    }
  }

  /// Nobody can be told that standard error is gone.
  static func send(_ bytes: [UInt8]) {
    _ = writeAll(bytes, to: STDERR_FILENO)
  }
}

/// What swift-log hands on to `Console`.
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

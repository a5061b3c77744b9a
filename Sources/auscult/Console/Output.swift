import Glibc
import GraphText
import RunControl
import SystemCalls

/// Standard output, where results go.
enum Output {
  /// Writes text for people and a newline, without terminal control characters.
  static func line(_ text: String) { write(Array(TerminalText.lines(text).utf8) + [UInt8(ascii: "\n")]) }

  /// Writes text for programs unchanged; on a terminal like text for people.
  static func data(_ text: String) {
    write(Array((isatty(STDOUT_FILENO) == 1 ? TerminalText.lines(text) : text).utf8))
  }

  /// Replaces the lines on a terminal. Each line is cleared on its own, so that nothing flickers.
  static func screen(_ lines: some Sequence<some StringProtocol>) {
    let text = lines.map { TerminalText.line(String($0)) }.joined(separator: "\u{1b}[K\n")
    write(Array("\u{1b}[H\(text)\u{1b}[K\u{1b}[J".utf8))
  }

  /// The same for lines that are safe for a terminal already, and may have colours.
  static func frame(_ lines: [String]) {
    write(Array("\u{1b}[H\(lines.joined(separator: "\u{1b}[K\n"))\u{1b}[K\u{1b}[J".utf8))
  }

  /// Writes a value as JSON on one line.
  static func line(_ value: JSONValue) { write(value.json + [UInt8(ascii: "\n")]) }

  /// Writes all of it. A closed pipe (`auscult nodes | head`) ends the program silently; any other failure ends it with a
  /// message.
  private static func write(_ bytes: [UInt8]) {
    let problem = writeAll(bytes, to: STDOUT_FILENO)
    if problem == EPIPE { exit(EXIT_SUCCESS) }
    guard problem != 0 else { return }
    Console.plain.error("cannot write to standard output: \(systemReason(problem))")
    exit(EXIT_FAILURE)
  }
}

import CStreams
import GraphText
import RunControl
import Synchronization

/// Redirects what libraries and plugins print through the C library to standard error, never to standard output, where it
/// would mix with results or records. Crash messages take this way too, so a line is written at once, without waiting.
enum LibraryOutput {
  /// Standard error has one object per line.
  static let isJSON = Atomic<Bool>(false)

  /// Called once, before anything else.
  static func divert() {
    _ = streams_divert { _, bytes, count in
      guard let bytes else { return }
      let text = String(decoding: UnsafeRawBufferPointer(start: bytes, count: count), as: UTF8.self)
      for line in text.split(separator: "\n") { LibraryOutput.say(String(line)) }
    }
  }

  private static func say(_ text: String) {
    let line =
      isJSON.load(ordering: .relaxed)
      ? JSONValue.log(.warning, text, node: "").json : Array(TerminalText.message(text).utf8)
    Console.send(line + [UInt8(ascii: "\n")])
  }
}

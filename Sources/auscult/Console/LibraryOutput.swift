import CStreams
import GraphText
import RunControl
import Synchronization

/// What libraries and plugins print by way of the C library: lines on standard error like everything that is no result,
/// never on standard output, where it would be among results or records. A message of a crash comes this way too, so
/// it is written at once, and waits for nothing.
enum LibraryOutput {
  /// Standard error has an object a line.
  static let isJSON = Atomic<Bool>(false)

  /// Once, before anything else.
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

/// Text of any origin for a terminal or a log. Control characters and invisible characters are written out (`\u{1B}`),
/// long texts are shortened. All such text must pass through here.
///
/// Names of files, graphs, machines, ports and classes, texts of models, and messages of plugins and libraries come
/// from outside. Records and other JSON keep them unchanged.
public enum TerminalText {
  /// The most characters of a name.
  public static let nameLength = 200

  /// One line: line breaks and tabs are written out too.
  ///
  /// - Parameter most: the most characters; a longer text keeps its head and tail.
  public static func line(_ text: String, most: Int = .max) -> String {
    if isPlain(text, allowing: []), text.utf8.count <= most { return text }
    return escaped(shortened(text, most: most), allowing: [])
  }

  /// A text that may have line breaks and tabs.
  public static func lines(_ text: String) -> String {
    let layout: Set<Unicode.Scalar> = ["\n", "\t"]
    return isPlain(text, allowing: [0x0A, 0x09]) ? text : escaped(text, allowing: layout)
  }

  /// A message of a program, a plugin or a library. All lines but the first are indented, so that a name with a line
  /// break can't look like another message. Long lines and long messages are shortened.
  public static func message(_ text: String) -> String {
    var parts = text.split(separator: "\n", omittingEmptySubsequences: false)
    if parts.count > messageLines {
      let left = "... \(parts.count - messageLines) lines left out ..."
      parts = parts.prefix(messageLines / 2) + [Substring(left)] + parts.suffix(messageLines - messageLines / 2)
    }
    let shown = parts.map { lines(shortened(String($0), most: lineLength)) }
    return shown.dropFirst().reduce(shown[0]) { $0 + ($1.isEmpty || $1.hasPrefix("  ") ? "\n" : "\n  ") + $1 }
  }

  private static let lineLength = 1000
  private static let messageLines = 200

  /// A text of more than `most` characters becomes its head, the number of omitted characters, and its tail.
  public static func shortened(_ text: String, most: Int) -> String {
    guard text.utf8.count > most else { return text }
    let scalars = Array(text.unicodeScalars)
    guard scalars.count > most else { return text }
    let tail = most / 3
    let head = most - tail
    var view = String.UnicodeScalarView()
    view.append(contentsOf: scalars.prefix(head))
    view.append(contentsOf: " ... \(scalars.count - most) characters left out ... ".unicodeScalars)
    view.append(contentsOf: scalars.suffix(tail))
    return String(view)
  }

  /// Columns of a line on a terminal: wide characters take two, combining characters none.
  public static func columns(_ text: String) -> Int { text.unicodeScalars.reduce(0) { $0 + columns($1) } }

  // MARK: Scalars

  /// How one scalar is shown.
  static func shown(_ scalar: Unicode.Scalar) -> String {
    switch scalar {
    case "\n": #"\n"#
    case "\r": #"\r"#
    case "\t": #"\t"#
    // Bytes of a file name that are not UTF-8.
    case "\u{10FF80}"..."\u{10FFFF}": "\\x" + String(scalar.value & 0xFF, radix: 16, uppercase: true)
    default: isPrintable(scalar) ? String(scalar) : "\\u{\(String(scalar.value, radix: 16, uppercase: true))}"
    }
  }

  static func columns(_ scalar: Unicode.Scalar) -> Int {
    switch scalar.properties.generalCategory {
    case .nonspacingMark, .enclosingMark, .format: return 0
    default: break
    }
    switch scalar.value {
    case 0x1100...0x115F, 0x2E80...0xA4CF, 0xAC00...0xD7A3, 0xF900...0xFAFF, 0xFE30...0xFE6F, 0xFF00...0xFF60,
      0xFFE0...0xFFE6, 0x1F300...0x1FAFF, 0x20000...0x3FFFD:
      return 2
    default: return 1
    }
  }

  /// True unless it is a control character (tabs and line breaks are) or acts only on other characters: directions,
  /// invisible spaces, tags. Emoji need the joiner.
  static func isPrintable(_ scalar: Unicode.Scalar) -> Bool {
    if (0x20...0x7E).contains(scalar.value) { return true }
    switch scalar.properties.generalCategory {
    case .control, .lineSeparator, .paragraphSeparator, .surrogate, .unassigned: return false
    case .format: return scalar.value == 0x200D
    default: return true
    }
  }

  /// The usual case, as fast as a copy.
  private static func isPlain(_ text: String, allowing layout: [UInt8]) -> Bool {
    text.utf8.allSatisfy { (0x20...0x7E).contains($0) || layout.contains($0) }
  }

  private static func escaped(_ text: String, allowing layout: Set<Unicode.Scalar>) -> String {
    var result = ""
    for scalar in text.unicodeScalars {
      if layout.contains(scalar) { result.unicodeScalars.append(scalar) } else { result += shown(scalar) }
    }
    return result
  }
}

extension String {
  /// The text as a name within a line for people; see `TerminalText`.
  package var shown: String { TerminalText.line(self, most: TerminalText.nameLength) }
}

/// Text of any origin, on its way to a terminal or a log: what would make a terminal do something, and what can't be
/// seen, is written out (`\u{1B}`), and long texts are shortened. The one place for it.
///
/// Names of files, graphs, machines, ports and classes, texts of models, and messages of plugins and libraries come
/// from outside. Records and other JSON keep them as they are.
public enum TerminalText {
  /// The most characters of a name that are shown.
  public static let nameLength = 200

  /// One line: line breaks and tabs are written out too.
  ///
  /// - Parameter most: of a longer text head and tail are shown.
  public static func line(_ text: String, most: Int = .max) -> String {
    if isPlain(text, allowing: []), text.utf8.count <= most { return text }
    return escaped(shortened(text, most: most), allowing: [])
  }

  /// A text whose line breaks and tabs are its own.
  public static func lines(_ text: String) -> String {
    let layout: Set<Unicode.Scalar> = ["\n", "\t"]
    return isPlain(text, allowing: [0x0A, 0x09]) ? text : escaped(text, allowing: layout)
  }

  /// What a program, a plugin or a library says: lines, of which all but the first are indented, so that no name with a
  /// line break in it looks like a message of its own. Long lines and long messages are shortened.
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

  /// Head and tail of a text that is longer than `most` characters, and how many are left out between.
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

  /// How many columns of a terminal a line takes: wide characters take two, combining ones none.
  public static func columns(_ text: String) -> Int { text.unicodeScalars.reduce(0) { $0 + columns($1) } }

  // MARK: Scalars

  /// How one scalar is shown.
  static func shown(_ scalar: Unicode.Scalar) -> String {
    switch scalar {
    case "\n": #"\n"#
    case "\r": #"\r"#
    case "\t": #"\t"#
    // Bytes of a file's name that are no UTF-8.
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

  /// Neither a control character (tabs and line breaks are some), nor one that is only seen by what it does to others:
  /// directions, invisible spaces, tags. The joiner is needed by emoji.
  static func isPrintable(_ scalar: Unicode.Scalar) -> Bool {
    if (0x20...0x7E).contains(scalar.value) { return true }
    switch scalar.properties.generalCategory {
    case .control, .lineSeparator, .paragraphSeparator, .surrogate, .unassigned: return false
    case .format: return scalar.value == 0x200D
    default: return true
    }
  }

  /// The usual case, at the speed of a copy.
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
  /// As a name is shown within a line for people; see `TerminalText`.
  package var shown: String { TerminalText.line(self, most: TerminalText.nameLength) }
}

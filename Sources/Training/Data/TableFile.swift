import Glibc
import TextEscapes

/// A table from a spreadsheet or script: commas, semicolons or tabs between columns; UTF-8 or UTF-16, with or without a
/// byte order mark; line ends of Linux, Windows or old Macs.
struct TableFile {
  /// Column separator: "," or ";" or a tab.
  let separator: Character
  let rows: [CSVText.Row]
  /// False: it has bytes that are not UTF-8, as tables in Latin-1 or Windows-1252 do.
  let isUTF8: Bool
  /// Why it can't be read: the line, and what to do; nil: it can.
  let problem: (line: Int, text: String)?

  /// Characters of an empty line.
  private static let nothing = Set(",;\t\" \r".utf8)
  private static let separators: [Character] = [",", ";", "\t"]

  /// - Parameter columns: possible names in its first line, in lower case: the separator that finds most of them is
  ///   used.
  init(_ content: some Collection<UInt8>, columns: Set<String>) {
    guard !Self.isUTF32(Array(content.prefix(4))) else {
      (separator, rows, isUTF8) = (",", [], true)
      problem = (1, "is UTF-32 text; save it as UTF-8")
      return
    }
    let bytes = Self.withNewlines(Self.utf8(Array(content)))
    isUTF8 = String(validating: bytes, as: UTF8.self) != nil
    let (announced, text) = Self.announcedSeparator(bytes)
    separator = announced ?? Self.separator(text, columns)
    let (rows, openQuote) = CSVText.parse(text, separator: separator.asciiValue!)
    // The line with `sep=` counts as one of the file's lines.
    let skipped = announced == nil ? 0 : 1
    // Spreadsheets leave rows of separators alone above a table.
    self.rows = rows.filter { !$0.fields.joined().utf8.allSatisfy(Self.nothing.contains) }.map {
      CSVText.Row(fields: $0.fields, line: $0.line + skipped)
    }
    problem = openQuote.map {
      ($0 + skipped, "has a double quote that none closes; close it, or write two for one that belongs to the field")
    }
  }

  /// Lines of a text in the same encodings, empty ones too.
  static func lines(_ content: some Collection<UInt8>) -> [String] {
    withNewlines(utf8(Array(content))).split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).map {
      PathText.text($0.last == UInt8(ascii: "\r") ? $0.dropLast() : $0)
    }
  }

  // MARK: Characters

  /// By the byte order mark.
  private static func isUTF32(_ bytes: [UInt8]) -> Bool { bytes == [0xff, 0xfe, 0, 0] || bytes == [0, 0, 0xfe, 0xff] }

  /// By the byte order mark; without one, zero bytes show that text with a Latin first letter is UTF-16.
  private static func utf8(_ bytes: [UInt8]) -> [UInt8] {
    switch (bytes.first, bytes.dropFirst().first, bytes.dropFirst(2).first) {
    case (0xef, 0xbb, 0xbf): Array(bytes.dropFirst(3))
    case (0xff, 0xfe, _): utf16(bytes.dropFirst(2), low: 0)
    case (0xfe, 0xff, _): utf16(bytes.dropFirst(2), low: 1)
    case (let first?, 0, let third?) where first > 0 && third > 0: utf16(bytes[...], low: 0)
    case (0, let second?, 0) where second > 0: utf16(bytes[...], low: 1)
    default: bytes
    }
  }

  /// - Parameter low: index of the low byte of each pair.
  private static func utf16(_ bytes: ArraySlice<UInt8>, low: Int) -> [UInt8] {
    let units = (0..<(bytes.count / 2)).map { index in
      let place = bytes.startIndex + 2 * index
      return UInt16(bytes[place + low]) | UInt16(bytes[place + 1 - low]) << 8
    }
    return Array(String(decoding: units, as: UTF16.self).utf8)
  }

  private static func withNewlines(_ bytes: [UInt8]) -> [UInt8] {
    let (feed, carriage) = (UInt8(ascii: "\n"), UInt8(ascii: "\r"))
    return bytes.contains(feed) ? bytes : bytes.map { $0 == carriage ? feed : $0 }
  }

  // MARK: The separator

  /// Excel's `sep=;` in its own line, and the rest after it.
  private static func announcedSeparator(_ bytes: [UInt8]) -> (Character?, ArraySlice<UInt8>) {
    let end = bytes.firstIndex(of: UInt8(ascii: "\n")) ?? bytes.endIndex
    let words = String(decoding: bytes[..<min(end, 8)], as: UTF8.self).lowercased().filter { $0 != "\r" && $0 != "\"" }
    guard words.hasPrefix("sep="), words.count == 5, let last = words.last, separators.contains(last),
      end < bytes.endIndex
    else { return (nil, bytes[...]) }
    return (last, bytes[(end + 1)...])
  }

  private static func separator(_ text: ArraySlice<UInt8>, _ columns: Set<String>) -> Character {
    // The first line that is not empty; names of columns hold no newlines.
    let line = text.split(separator: UInt8(ascii: "\n")).first { !$0.allSatisfy(nothing.contains) } ?? []
    func found(_ separator: Character) -> (known: Int, all: Int) {
      let fields = CSVText.rows(line, separator: separator.asciiValue!).first?.fields ?? []
      return (fields.count { columns.contains(Self.columnName($0)) }, fields.count)
    }
    return separators.max { found($0) < found($1) } ?? ","
  }

  /// A column's name for comparison: in lower case, without spaces around it.
  static func columnName(_ text: String) -> String { text.trimmed.lowercased() }
}

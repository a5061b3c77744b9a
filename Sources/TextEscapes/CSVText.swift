/// Separated values (RFC 4180, with any separator). Quoted fields may have separators, newlines and doubled quotes.
public enum CSVText {
  public struct Row: Sendable, Equatable {
    public var fields: [String]
    /// Line of its first field, from 1.
    public var line: Int

    public init(fields: [String], line: Int) {
      self.fields = fields
      self.line = line
    }

    /// All fields are empty or contain only spaces.
    public var isEmpty: Bool { fields.allSatisfy { $0.allSatisfy(\.isWhitespace) } }
  }

  /// All rows except empty ones. Bytes that are not UTF-8 are kept as in file names: see `PathText`.
  public static func rows(_ bytes: some Collection<UInt8>, separator: UInt8 = UInt8(ascii: ",")) -> [Row] {
    parse(bytes, separator: separator).rows
  }

  /// The rows, and the line of a quote that is never closed. The text after it is one field.
  public static func parse(
    _ bytes: some Collection<UInt8>, separator: UInt8 = UInt8(ascii: ",")
  ) -> (rows: [Row], openQuote: Int?) {
    var rows: [Row] = []
    var fields: [String] = []
    var field: [UInt8] = []
    var (line, begin, quote) = (1, 1, 1)
    var (isQuoted, isAfterQuote) = (false, false)
    func text(_ field: [UInt8]) -> String { PathText.text(field) }
    func endRow() {
      fields.append(text(field))
      field = []
      let row = Row(fields: fields, line: begin)
      if !row.isEmpty { rows.append(row) }
      fields = []
    }
    for byte in bytes {
      if byte == UInt8(ascii: "\n") { line += 1 }
      switch byte {
      case UInt8(ascii: "\"") where isQuoted:
        isQuoted = false
        isAfterQuote = true
      case UInt8(ascii: "\"") where isAfterQuote:
        field.append(byte)
        (isQuoted, isAfterQuote) = (true, false)
      case UInt8(ascii: "\"") where field.isEmpty:
        isQuoted = true
        quote = line
      case separator where !isQuoted:
        fields.append(text(field))
        field = []
        isAfterQuote = false
      case UInt8(ascii: "\n") where !isQuoted:
        endRow()
        (begin, isAfterQuote) = (line, false)
      case UInt8(ascii: "\r") where !isQuoted: break
      default: field.append(byte)
      }
    }
    if !field.isEmpty || !fields.isEmpty { endRow() }
    return (rows, isQuoted ? quote : nil)
  }

  /// A text as a field: in quotes if necessary, and after an apostrophe if a spreadsheet would take it for a formula. A
  /// number stays a number.
  public static func field(_ text: String) -> String {
    let safe = isFormula(text) ? "'" + text : text
    let needsQuotes = safe.utf8.contains { separators.contains($0) }
    guard needsQuotes else { return safe }
    var result = "\""
    for scalar in safe.unicodeScalars {
      if scalar == "\"" { result += "\"\"" } else { result.unicodeScalars.append(scalar) }
    }
    return result + "\""
  }

  private static let separators = Array(",;\"\n\r\t".utf8)

  /// Spreadsheets look at the first character. Some accept its wide form, some ignore spaces before it.
  private static func isFormula(_ text: String) -> Bool {
    let rest = text.unicodeScalars.drop { $0 == " " || $0 == "\u{A0}" || $0 == "\u{FEFF}" }
    switch rest.first {
    case "=", "@", "\t", "\r", "\n", "\u{FF1D}", "\u{FF0B}", "\u{FF0D}", "\u{FF20}": return true
    case "+", "-": return !isNumber(rest.dropFirst())
    default: return false
    }
  }

  /// Digits with at most one decimal point.
  private static func isNumber(_ text: Substring.UnicodeScalarView) -> Bool {
    text.contains { ("0"..."9").contains($0) } && text.allSatisfy { ("0"..."9").contains($0) || $0 == "." }
      && text.count { $0 == "." } < 2
  }
}

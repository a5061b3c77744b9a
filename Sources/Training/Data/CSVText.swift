/// Separated values (RFC 4180, with any separator): fields in quotes may hold separators, newlines and doubled quotes.
public enum CSVText {
  public struct Row: Sendable, Equatable {
    public var fields: [String]
    /// Of its first field, from 1.
    public var line: Int

    /// No field holds anything but spaces.
    public var isEmpty: Bool { fields.allSatisfy { $0.allSatisfy(\.isWhitespace) } }
  }

  /// All rows but empty ones. Bytes that are no UTF-8 become replacement characters.
  public static func rows(_ bytes: some Collection<UInt8>, separator: UInt8 = UInt8(ascii: ",")) -> [Row] {
    var rows: [Row] = []
    var fields: [String] = []
    var field: [UInt8] = []
    var (line, begin) = (1, 1)
    var (isQuoted, isAfterQuote) = (false, false)
    func text(_ field: [UInt8]) -> String { String(decoding: field, as: UTF8.self) }
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
      case UInt8(ascii: "\"") where field.isEmpty: isQuoted = true
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
    return rows
  }

  /// A field as it is written, in quotes where it needs them.
  public static func field(_ text: String) -> String {
    let needsQuotes = text.contains { $0 == "," || $0 == "\"" || $0.isNewline }
    return needsQuotes ? "\"\(text.replacing("\"", with: "\"\""))\"" : text
  }
}

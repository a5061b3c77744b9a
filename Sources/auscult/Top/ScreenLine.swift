import GraphText

/// A line of a screen, in pieces that may have colours. Texts of any origin are escaped here.
struct ScreenLine {
  enum Colour: String {
    case plain = ""
    case red = "31"
    case green = "32"
    case yellow = "33"
    case blue = "34"
    case bold = "1"
  }

  private var parts: [(text: String, colour: Colour)] = []

  init(_ text: String = "", _ colour: Colour = .plain) { add(text, colour) }

  mutating func add(_ text: String, _ colour: Colour = .plain) {
    if !text.isEmpty { parts.append((TerminalText.line(text), colour)) }
  }

  /// Without colours, and without spaces at its end.
  var text: String {
    let whole = parts.map(\.text).joined()
    return String(whole.reversed().drop { $0 == " " }.reversed())
  }

  /// Cut at a width, with colours if they are wanted.
  func shown(columns: Int, hasColours: Bool) -> String {
    var (result, left) = ("", columns)
    for part in parts where left > 0 {
      let text = Self.cut(part.text, left)
      left -= TerminalText.columns(text)
      let isPlain = part.colour == .plain || !hasColours
      result += isPlain ? text : "\u{1b}[\(part.colour.rawValue)m\(text)\u{1b}[0m"
    }
    return result
  }

  /// On as many lines as a width needs, if it has one colour.
  func wrapped(_ columns: Int) -> [ScreenLine] {
    guard parts.count == 1, TerminalText.columns(parts[0].text) > columns else { return [self] }
    var (lines, rest) = ([ScreenLine](), parts[0].text.unicodeScalars[...])
    while !rest.isEmpty {
      let piece = Self.cut(String(rest), columns)
      guard !piece.isEmpty else { return [self] }
      lines.append(ScreenLine(piece, parts[0].colour))
      rest = rest.dropFirst(piece.unicodeScalars.count)
    }
    return lines
  }

  /// Cut or padded to a width.
  static func fitted(_ text: String, _ columns: Int) -> String {
    let text = cut(TerminalText.line(text), columns)
    return text + String(repeating: " ", count: columns - TerminalText.columns(text))
  }

  private static func cut(_ text: String, _ columns: Int) -> String {
    guard TerminalText.columns(text) > columns else { return text }
    var (result, left) = (String.UnicodeScalarView(), columns)
    for scalar in text.unicodeScalars {
      left -= TerminalText.columns(String(scalar))
      if left < 0 { break }
      result.append(scalar)
    }
    return String(result)
  }
}

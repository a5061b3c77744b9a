/// Writes diagnostics for people:
///
///     fan.yaml:9:26: error: mel has no parameter 'band'; did you mean 'bands'?
///       mel:    { type: mel, band: 128 }
///                            ^~~~
public struct DiagnosticsRenderer: Sendable {
  /// The most columns of a source line. A longer line is cut around the caret.
  public var width: Int

  /// The most characters of a message.
  private static let messageLength = 2000

  public init(width: Int = 160) { self.width = width }

  /// All of them, one after the other.
  public func render(_ diagnostics: [Diagnostic]) -> String { diagnostics.map(render).joined(separator: "\n") }

  /// One, without a newline at the end.
  public func render(_ diagnostic: Diagnostic) -> String {
    var text = diagnostic.location.map { "\($0.file.shown):\($0.line):\($0.column): " } ?? ""
    text += "\(diagnostic.severity.rawValue): \(TerminalText.line(diagnostic.message, most: Self.messageLength))"
    if let suggestion = diagnostic.suggestion { text += "; did you mean '\(suggestion.shown)'?" }
    if let location = diagnostic.location, let line = diagnostic.sourceLine, !line.isEmpty {
      text += "\n" + excerpt(line, location)
    }
    return text
  }

  /// The source line and the carets under it.
  private func excerpt(_ line: String, _ location: SourceLocation) -> String {
    let scalars = Array(line.unicodeScalars)
    let first = min(max(0, location.column - 1), scalars.count)
    let cut = window(of: scalars.count, around: first)
    let marked = first..<max(first, min(first + location.length, cut.upperBound))
    let shown =
      (cut.lowerBound > 0 ? "..." : "") + shown(scalars[cut]) + (cut.upperBound < scalars.count ? "..." : "")
    let lead = (cut.lowerBound > 0 ? "   " : "") + blank(scalars[cut.lowerBound..<first])
    let carets = "^" + String(repeating: "~", count: max(0, columns(scalars[marked]) - 1))
    return shown + "\n" + lead + carets
  }

  private func window(of count: Int, around column: Int) -> Range<Int> {
    guard count > width else { return 0..<count }
    let lower = max(0, min(column - width / 4, count - width))
    return lower..<(lower + width)
  }

  /// Blanks that align with the text on a terminal: tabs stay tabs, wide characters take two columns.
  private func blank(_ scalars: ArraySlice<Unicode.Scalar>) -> String {
    scalars.map { $0 == "\t" ? "\t" : String(repeating: " ", count: columns($0)) }.joined()
  }

  private func columns(_ scalars: ArraySlice<Unicode.Scalar>) -> Int { scalars.reduce(0) { $0 + columns($1) } }

  private func columns(_ scalar: Unicode.Scalar) -> Int { scalar == "\t" ? 1 : TerminalText.columns(shown(scalar)) }

  private func shown(_ scalars: ArraySlice<Unicode.Scalar>) -> String { scalars.map(shown).joined() }

  private func shown(_ scalar: Unicode.Scalar) -> String { scalar == "\t" ? "\t" : TerminalText.shown(scalar) }
}

extension Diagnostic {
  /// The text of `DiagnosticsRenderer`.
  public var rendered: String { DiagnosticsRenderer().render(self) }
}

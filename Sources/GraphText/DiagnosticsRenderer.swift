/// Writes diagnostics for people:
///
///     fan.yaml:9:26: error: mel has no parameter 'band'; did you mean 'bands'?
///       mel:    { type: mel, band: 128 }
///                            ^~~~
public struct DiagnosticsRenderer: Sendable {
  /// The most columns of a source line that are shown; a longer line is cut around the caret.
  public var width: Int

  public init(width: Int = 160) { self.width = width }

  /// All of them, one after the other.
  public func render(_ diagnostics: [Diagnostic]) -> String { diagnostics.map(render).joined(separator: "\n") }

  /// One, without a newline at the end.
  public func render(_ diagnostic: Diagnostic) -> String {
    var text = diagnostic.location.map { "\(printable($0.file)):\($0.line):\($0.column): " } ?? ""
    text += "\(diagnostic.severity.rawValue): \(diagnostic.message)"
    if let suggestion = diagnostic.suggestion { text += "; did you mean '\(suggestion)'?" }
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
      (cut.lowerBound > 0 ? "..." : "") + printable(scalars[cut]) + (cut.upperBound < scalars.count ? "..." : "")
    let lead = (cut.lowerBound > 0 ? "   " : "") + blank(scalars[cut.lowerBound..<first])
    let carets = "^" + String(repeating: "~", count: max(0, columns(scalars[marked]) - 1))
    return shown + "\n" + lead + carets
  }

  private func window(of count: Int, around column: Int) -> Range<Int> {
    guard count > width else { return 0..<count }
    let lower = max(0, min(column - width / 4, count - width))
    return lower..<(lower + width)
  }

  /// What aligns with the text on a terminal: tabs stay tabs, wide characters take two columns.
  private func blank(_ scalars: ArraySlice<Unicode.Scalar>) -> String {
    scalars.map { $0 == "\t" ? "\t" : String(repeating: " ", count: columns($0)) }.joined()
  }

  private func columns(_ scalars: ArraySlice<Unicode.Scalar>) -> Int { scalars.reduce(0) { $0 + columns($1) } }

  private func columns(_ scalar: Unicode.Scalar) -> Int {
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

  private func printable(_ text: String) -> String { printable(Array(text.unicodeScalars)[...]) }

  /// Without what would make a terminal do something.
  private func printable(_ scalars: ArraySlice<Unicode.Scalar>) -> String {
    var text = String.UnicodeScalarView()
    for scalar in scalars { text.append(isPrintable(scalar) ? scalar : "\u{FFFD}") }
    return String(text)
  }
}

/// A tab, or anything that is neither a control character nor a line break.
func isPrintable(_ scalar: Unicode.Scalar) -> Bool {
  switch scalar.properties.generalCategory {
  case .control: return scalar == "\t"
  case .lineSeparator, .paragraphSeparator, .surrogate, .unassigned: return false
  case .format: return scalar.value == 0x200D
  default: return true
  }
}

extension Diagnostic {
  /// As `DiagnosticsRenderer` writes it.
  public var rendered: String { DiagnosticsRenderer().render(self) }
}

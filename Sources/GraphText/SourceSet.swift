/// The lines of the files that a document was read from, for showing them in diagnostics.
public struct SourceSet: Sendable {
  private var texts: [String: [Substring]] = [:]

  public init() {}

  /// The line that a location points into.
  public func line(at location: SourceLocation) -> String? {
    guard let lines = texts[location.file], lines.indices.contains(location.line - 1) else { return nil }
    return String(lines[location.line - 1])
  }

  /// Remembers the lines of a text.
  mutating func add(_ file: String, _ text: String) { texts[file] = splitLines(text) }

  /// Remembers one line, as of an override.
  mutating func append(_ file: String, line: String) { texts[file, default: []].append(Substring(line)) }
}

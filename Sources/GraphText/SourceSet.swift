/// The lines of a document's files, for diagnostics.
public struct SourceSet: Sendable {
  private var texts: [String: [Substring]] = [:]

  public init() {}

  /// The line of a location; nil also if the line is too long to be shown.
  public func line(at location: SourceLocation) -> String? {
    guard let lines = texts[location.file], lines.indices.contains(location.line - 1) else { return nil }
    let line = lines[location.line - 1]
    return line.utf8.count <= Limits.lineBytes ? String(line) : nil
  }

  /// Stores the lines of a text.
  mutating func add(_ file: String, _ text: String) { texts[file] = splitLines(text) }

  /// Stores one line, for example of an override.
  mutating func append(_ file: String, line: String) { texts[file, default: []].append(Substring(line)) }
}

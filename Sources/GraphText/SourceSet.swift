/// The lines of the files that a document was read from, for showing them in diagnostics.
public struct SourceSet: Sendable {
  private var texts: [String: [Substring]] = [:]

  public init() {}

  /// The line that a location points into; nil also for one that is too long to be shown.
  public func line(at location: SourceLocation) -> String? {
    guard let lines = texts[location.file], lines.indices.contains(location.line - 1) else { return nil }
    let line = lines[location.line - 1]
    return line.utf8.count <= Limits.lineBytes ? String(line) : nil
  }

  /// Remembers the lines of a text.
  mutating func add(_ file: String, _ text: String) { texts[file] = splitLines(text) }

  /// Remembers one line, as of an override.
  mutating func append(_ file: String, line: String) { texts[file, default: []].append(Substring(line)) }
}

/// A mistake in a graph, with its location.
public struct Diagnostic: Sendable, Hashable {
  public enum Severity: String, Sendable, Codable {
    case error, warning
  }

  public var severity: Severity
  /// Identifies the mistake for programs; independent of the wording: `unknown-parameter`.
  public var code: String
  /// What is wrong and what is expected, on one line.
  public var message: String
  public var location: SourceLocation?
  /// The line of the file that `location` refers to.
  public var sourceLine: String?
  /// A known name that is similar to the wrong one.
  public var suggestion: String?

  public init(
    _ severity: Severity = .error, code: String, message: String, location: SourceLocation? = nil,
    sourceLine: String? = nil, suggestion: String? = nil
  ) {
    self.severity = severity
    self.code = code
    self.message = message
    self.location = location
    self.sourceLine = sourceLine
    self.suggestion = suggestion
  }
}

/// Why a graph can't be used: all its mistakes, in the order of the files and locations.
public struct DiagnosticsError: Error, Sendable {
  public var diagnostics: [Diagnostic]

  public init(_ diagnostics: [Diagnostic]) { self.diagnostics = diagnostics }
}

extension DiagnosticsError: CustomStringConvertible {
  public var description: String { diagnostics.map(\.rendered).joined(separator: "\n") }
}

/// `--json`: a flat object whose keys never change. `file`, `line`, `column`, `length` only if there is a location.
extension Diagnostic: Codable {
  private enum CodingKeys: String, CodingKey {
    case severity, code, message, file, line, column, length, source, suggestion
  }

  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(severity, forKey: .severity)
    try container.encode(code, forKey: .code)
    try container.encode(message, forKey: .message)
    try container.encodeIfPresent(location?.file, forKey: .file)
    try container.encodeIfPresent(location?.line, forKey: .line)
    try container.encodeIfPresent(location?.column, forKey: .column)
    try container.encodeIfPresent(location?.length, forKey: .length)
    try container.encodeIfPresent(sourceLine, forKey: .source)
    try container.encodeIfPresent(suggestion, forKey: .suggestion)
  }

  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    severity = try container.decode(Severity.self, forKey: .severity)
    code = try container.decode(String.self, forKey: .code)
    message = try container.decode(String.self, forKey: .message)
    sourceLine = try container.decodeIfPresent(String.self, forKey: .source)
    suggestion = try container.decodeIfPresent(String.self, forKey: .suggestion)
    if let file = try container.decodeIfPresent(String.self, forKey: .file) {
      location = SourceLocation(
        file: file, line: try container.decode(Int.self, forKey: .line),
        column: try container.decode(Int.self, forKey: .column), length: try container.decode(Int.self, forKey: .length)
      )
    }
  }
}

import GraphText
import RunControl

extension JSONValue {
  /// The members of an encoded `Diagnostic`, and `kind`.
  public init(_ diagnostic: Diagnostic) {
    let location = diagnostic.location
    self = .members([
      "kind": "diagnostic", "severity": .text(diagnostic.severity.rawValue), "code": .text(diagnostic.code),
      "message": .text(diagnostic.message), "file": location.map { .text($0.file) },
      "line": location.map { .integer($0.line) }, "column": location.map { .integer($0.column) },
      "length": location.map { .integer($0.length) }, "source": diagnostic.sourceLine.map { .text($0) },
      "suggestion": diagnostic.suggestion.map { .text($0) },
    ])
  }
}

extension Diagnostic {
  /// Reads the result of `JSONValue(diagnostic)`; nil for anything else.
  public init?(_ json: JSONValue) {
    guard let severity = json["severity"]?.text.flatMap({ Severity(rawValue: $0) }), let code = json["code"]?.text,
      let message = json["message"]?.text
    else { return nil }
    self.init(
      severity, code: code, message: message, sourceLine: json["source"]?.text, suggestion: json["suggestion"]?.text)
    if let file = json["file"]?.text, let line = json["line"]?.integer, let column = json["column"]?.integer,
      let length = json["length"]?.integer
    {
      location = SourceLocation(file: file, line: Int(line), column: Int(column), length: Int(length))
    }
  }
}

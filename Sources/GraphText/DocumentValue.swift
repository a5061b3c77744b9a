/// A scalar as raw text.
public struct DocumentScalar: Sendable, Hashable {
  /// The text after replacement of `${...}`.
  public var text: String
  /// Location of the whole scalar, including quotes; of its first line if it has several.
  public var location: SourceLocation
  /// The value is missing: `key:`.
  public var isMissing = false
  /// It could not be read, and there is a diagnostic. No further diagnostics are needed.
  package var isBroken = false
  /// Columns from `location` to the beginning of the text, if the file has the text literally; nil if there are
  /// escapes, line breaks or replacements.
  var verbatimOffset: Int?
  /// The location of each `${` in the text, in order; nil if not known.
  var references: [SourceLocation]?

  init(text: String, location: SourceLocation, isMissing: Bool = false, verbatimOffset: Int? = 0) {
    self.text = text
    self.location = location
    self.isMissing = isMissing
    self.verbatimOffset = verbatimOffset
  }

  /// Refuses NUL, because a node would take the text before it for the whole text.
  mutating func refuseNUL(_ collector: inout DiagnosticCollector) {
    guard text.utf8.contains(0) else { return }
    collector.add("not-text", "a text can't have the character NUL (U+0000); remove it", at: location)
    isBroken = true
  }

  /// Location of a part of the text; of the whole scalar if the part's is not known.
  package func location(offset: Int, length: Int) -> SourceLocation {
    verbatimOffset.map { location.part($0 + offset, length) } ?? location
  }
}

/// One `key: value`.
public struct DocumentEntry: Sendable {
  public var key: DocumentScalar
  public var value: DocumentValue
}

/// A value of the file. It has at most 32 levels, so that it can be walked recursively.
public indirect enum DocumentValue: Sendable {
  case scalar(DocumentScalar)
  case list([DocumentValue], SourceLocation)
  /// In the order of the file, with unique keys.
  case map([DocumentEntry], SourceLocation)

  public var location: SourceLocation {
    switch self {
    case .scalar(let scalar): scalar.location
    case .list(_, let location), .map(_, let location): location
    }
  }

  package var isBroken: Bool { if case .scalar(let scalar) = self { scalar.isBroken } else { false } }

  /// The kind of value in words, for "expected ..., not ...".
  package var noun: String {
    switch self {
    case .scalar(let scalar): scalar.isMissing ? "nothing" : quoted(scalar.text)
    case .list: "a list"
    case .map: "a map"
    }
  }
}

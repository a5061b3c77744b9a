/// A scalar as the file has it: raw text, whatever it looks like.
public struct DocumentScalar: Sendable, Hashable {
  /// After `${...}` was replaced.
  public var text: String
  /// Of the whole scalar as it is written, quotes included; where it has several lines, the first.
  public var location: SourceLocation
  /// Nothing is written where a value should be: `key:`.
  public var isMissing = false
  /// It could not be made out, and that was said: nothing more is to be said about it.
  package var isBroken = false
  /// How many columns after `location` the text begins, where it stands in the file letter by letter; nil where
  /// escapes, line breaks or replacements are in between.
  var verbatimOffset: Int?
  /// Where each `${` of the text stands in the file, in order; nil where that can't be told.
  var references: [SourceLocation]?

  init(text: String, location: SourceLocation, isMissing: Bool = false, verbatimOffset: Int? = 0) {
    self.text = text
    self.location = location
    self.isMissing = isMissing
    self.verbatimOffset = verbatimOffset
  }

  /// A node would take for the whole text what stands before a NUL.
  mutating func refuseNUL(_ collector: inout DiagnosticCollector) {
    guard text.utf8.contains(0) else { return }
    collector.add("not-text", "a text can't have the character NUL (U+0000); remove it", at: location)
    isBroken = true
  }

  /// Where a part of the text stands; the whole scalar where that can't be told.
  package func location(offset: Int, length: Int) -> SourceLocation {
    verbatimOffset.map { location.part($0 + offset, length) } ?? location
  }
}

/// One `key: value`.
public struct DocumentEntry: Sendable {
  public var key: DocumentScalar
  public var value: DocumentValue
}

/// A value of the file. At most 32 levels deep, so that it may be walked recursively.
public indirect enum DocumentValue: Sendable {
  case scalar(DocumentScalar)
  case list([DocumentValue], SourceLocation)
  /// In the order of the file, no key twice.
  case map([DocumentEntry], SourceLocation)

  public var location: SourceLocation {
    switch self {
    case .scalar(let scalar): scalar.location
    case .list(_, let location), .map(_, let location): location
    }
  }

  package var isBroken: Bool { if case .scalar(let scalar) = self { scalar.isBroken } else { false } }

  /// What it is, in words, for "expected ..., not ...".
  package var noun: String {
    switch self {
    case .scalar(let scalar): scalar.isMissing ? "nothing" : quoted(scalar.text)
    case .list: "a list"
    case .map: "a map"
    }
  }
}

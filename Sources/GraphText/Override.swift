/// `node.parameter=value` from outside the graph's files.
public struct OverrideText: Sendable, Hashable {
  public var text: String
  /// The `file` in its locations; the line is its number within this origin.
  public var origin: String
  /// Absolute folder for relative input paths; nil: the working directory.
  public var folder: String?

  /// The origin of the command line's overrides.
  public static let commandLine = "--set"

  public init(_ text: String, origin: String = commandLine, folder: String? = nil) {
    self.text = text
    self.origin = origin
    self.folder = folder
  }

  /// The key of an override's own folder in `GraphDocument.folders`.
  package static func folderKey(_ origin: String, line: Int) -> String { "\(origin):\(line)" }
}

/// A parsed override. Its value has the file's syntax: a list or map in brackets, otherwise text.
struct Override {
  private var file: String
  var node: String
  var nodeLocation: SourceLocation
  var entry: DocumentEntry

  /// Nil if it can't be read.
  ///
  /// - Parameter number: its number within its origin, from 1.
  init?(_ override: OverrideText, number: Int, _ collector: inout DiagnosticCollector) {
    let text = override.text
    file = override.origin
    collector.note(file, line: text)
    let whole = SourceLocation(file: file, line: number, column: 1, length: text.unicodeScalars.count)
    guard let equals = text.firstIndex(of: "="), let dot = text[..<equals].firstIndex(of: ".") else {
      collector.add("bad-override", "an override is written 'node.parameter=value', not \(quoted(text))", at: whole)
      return nil
    }
    let key = String(text[text.index(after: dot)..<equals])
    node = String(text[..<dot])
    nodeLocation = whole.part(0, node.unicodeScalars.count)
    let keyLocation = whole.part(nodeLocation.length + 1, key.unicodeScalars.count)
    guard isNodeName(node), !key.isEmpty else {
      collector.add("bad-override", "an override is written 'node.parameter=value', not \(quoted(text))", at: whole)
      return nil
    }
    let rest = String(text[text.index(after: equals)...])
    let offset = text.unicodeScalars.count - rest.unicodeScalars.count
    guard let value = Self.value(rest, file: file, number: number, offset: offset, &collector) else { return nil }
    entry = DocumentEntry(key: DocumentScalar(text: key, location: keyLocation), value: value)
  }

  private static func value(
    _ text: String, file: String, number: Int, offset: Int, _ collector: inout DiagnosticCollector
  ) -> DocumentValue? {
    let location = SourceLocation(
      file: file, line: number, column: offset + 1, length: max(1, text.unicodeScalars.count))
    guard text.hasPrefix("[") || text.hasPrefix("{") else {
      var scalar = DocumentScalar(text: text, location: location)
      scalar.references = references(text, location)
      scalar.refuseNUL(&collector)
      return .scalar(scalar)
    }
    guard let checked = try? checkedText(Array(text.utf8)) else {
      collector.add("not-text", "the override's value is not text", at: location)
      return nil
    }
    // Spaces in place of the text before the value keep the columns right.
    var reader = DocumentReader(
      file: file, text: String(repeating: " ", count: offset) + checked, firstLine: number, isOverride: true)
    return reader.read(&collector)
  }

  private static func references(_ text: String, _ location: SourceLocation) -> [SourceLocation] {
    let parts = text.split(separator: "${", omittingEmptySubsequences: false).dropLast()
    var offset = -2
    return parts.map { part in
      offset += 2 + part.unicodeScalars.count
      return location.part(offset, 2)
    }
  }
}

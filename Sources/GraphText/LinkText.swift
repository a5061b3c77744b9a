/// Reads `a -> b.port -> c`.
enum LinkText {
  /// The arrows of a chain; nil for each arrow at an end that can't be read.
  static func links(_ scalar: DocumentScalar, _ collector: inout DiagnosticCollector) -> [DocumentLink?] {
    guard !scalar.isBroken else { return [nil] }
    guard scalar.text.utf8.count <= Limits.linkBytes else {
      collector.add("too-large", "the link is longer than any graph needs", at: scalar.location)
      return [nil]
    }
    let parts = split(scalar)
    guard parts.count > 1 else {
      collector.add("bad-link", "a link is written 'a -> b', not \(quoted(scalar.text))", at: scalar.location)
      return [nil]
    }
    var ends = parts.map { end($0, scalar, &collector) }
    for index in ends.indices.dropFirst().dropLast() {
      guard let middle = ends[index], middle.port != nil else { continue }
      collector.add(
        "bad-link", "\(quoted(parts[index].text)) is both an end and a begin: give ports in links of their own",
        at: middle.location)
      ends[index] = nil
    }
    return zip(ends, ends.dropFirst()).map { from, to in
      guard let from, let to else { return nil }
      return DocumentLink(from: from, to: to, location: joined(from.location, to.location))
    }
  }

  private struct Part {
    var text: String
    /// Offset in the link's text, in scalars.
    var offset: Int
  }

  /// The texts between the arrows, trimmed.
  private static func split(_ scalar: DocumentScalar) -> [Part] {
    let scalars = Array(scalar.text.unicodeScalars)
    var parts: [Part] = []
    var start = 0
    var index = 0
    func append(_ end: Int) {
      var range = start..<end
      while let first = range.first, scalars[first].properties.isWhitespace { range = first + 1..<range.upperBound }
      while let last = range.last, scalars[last].properties.isWhitespace { range = range.lowerBound..<last }
      parts.append(Part(text: string(scalars[range]), offset: range.lowerBound))
    }
    while index < scalars.count {
      if scalars[index] == "-", index + 1 < scalars.count, scalars[index + 1] == ">" {
        append(index)
        index += 2
        start = index
      } else {
        index += 1
      }
    }
    append(scalars.count)
    return parts
  }

  private static func end(_ part: Part, _ scalar: DocumentScalar, _ collector: inout DiagnosticCollector)
    -> DocumentLink.End?
  {
    let location = scalar.location(offset: part.offset, length: part.text.unicodeScalars.count)
    guard !part.text.isEmpty else {
      collector.add("bad-link", "the link has an arrow with nothing at one side", at: scalar.location)
      return nil
    }
    let words = part.text.split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
    guard isNodeName(words[0]), words.count == 1 || isNodeName(words[1]) else {
      collector.add(
        "bad-link", "\(quoted(part.text)) is neither a node nor a node's port, as in 'node.port'", at: location)
      return nil
    }
    var portLocation = location
    if words.count == 2, scalar.verbatimOffset != nil {
      let offset = words[0].unicodeScalars.count + 1
      portLocation = location.part(offset, words[1].unicodeScalars.count)
    }
    return DocumentLink.End(
      node: words[0], port: words.count == 2 ? words[1] : nil, location: location, portLocation: portLocation)
  }

  private static func joined(_ from: SourceLocation, _ to: SourceLocation) -> SourceLocation {
    var location = from
    if from.line == to.line, to.column >= from.column { location.length = to.column + to.length - from.column }
    return location
  }

  private static func string(_ scalars: ArraySlice<Unicode.Scalar>) -> String {
    var view = String.UnicodeScalarView()
    view.append(contentsOf: scalars)
    return String(view)
  }
}

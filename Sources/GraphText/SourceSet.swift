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

/// Splits where YAML does: at CR LF, CR, LF, NEL, LS and PS.
private func splitLines(_ text: String) -> [Substring] {
  let bytes = text.utf8
  var lines: [Substring] = []
  var start = bytes.startIndex
  var index = start
  func byte(_ index: String.UTF8View.Index, _ offset: Int) -> UInt8? {
    guard let place = bytes.index(index, offsetBy: offset, limitedBy: bytes.endIndex), place < bytes.endIndex else {
      return nil
    }
    return bytes[place]
  }
  while index < bytes.endIndex {
    let width: Int
    switch bytes[index] {
    case 0x0A: width = 1
    case 0x0D: width = byte(index, 1) == 0x0A ? 2 : 1
    case 0xC2: width = byte(index, 1) == 0x85 ? 2 : 0
    case 0xE2: width = byte(index, 1) == 0x80 && (byte(index, 2) == 0xA8 || byte(index, 2) == 0xA9) ? 3 : 0
    default: width = 0
    }
    if width > 0 {
      lines.append(text[start..<index])
      index = bytes.index(index, offsetBy: width)
      start = index
    } else {
      index = bytes.index(after: index)
    }
  }
  lines.append(text[start..<index])
  return lines
}

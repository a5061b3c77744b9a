extension JSONValue {
  /// The value as JSON for people: one member or item per line, members sorted by name.
  public var jsonLines: [UInt8] {
    var bytes: [UInt8] = []
    writeLines(to: &bytes, depth: 0)
    return bytes
  }

  private func writeLines(to bytes: inout [UInt8], depth: Int) {
    switch self {
    case .array(let items):
      JSONValue.writeLines("[", "]", items, to: &bytes, depth) { $0.writeLines(to: &$1, depth: depth + 1) }
    case .object(let members):
      JSONValue.writeLines("{", "}", members.keys.sorted(), to: &bytes, depth) { name, bytes in
        JSONQuoting.quote(name, to: &bytes)
        bytes.append(contentsOf: " : ".utf8)
        members[name]!.writeLines(to: &bytes, depth: depth + 1)
      }
    default: write(to: &bytes)
    }
  }

  private static func writeLines<Item>(
    _ begin: Unicode.Scalar, _ end: Unicode.Scalar, _ items: [Item], to bytes: inout [UInt8], _ depth: Int,
    _ put: (Item, inout [UInt8]) -> Void
  ) {
    bytes.append(UInt8(ascii: begin))
    for (index, item) in items.enumerated() {
      if index > 0 { bytes.append(UInt8(ascii: ",")) }
      newLine(to: &bytes, depth + 1)
      put(item, &bytes)
    }
    if items.isEmpty { bytes.append(UInt8(ascii: "\n")) }
    newLine(to: &bytes, depth)
    bytes.append(UInt8(ascii: end))
  }

  private static func newLine(to bytes: inout [UInt8], _ depth: Int) {
    bytes.append(UInt8(ascii: "\n"))
    bytes.append(contentsOf: repeatElement(UInt8(ascii: " "), count: 2 * depth))
  }
}

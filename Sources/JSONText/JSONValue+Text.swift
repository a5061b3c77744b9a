extension JSONValue {
  /// The value as JSON on one line, members sorted by name. A number that is not finite becomes `null`.
  public var json: [UInt8] {
    var bytes: [UInt8] = []
    write(to: &bytes)
    return bytes
  }

  func write(to bytes: inout [UInt8]) {
    switch self {
    case .null: bytes.append(contentsOf: "null".utf8)
    case .boolean(let truth): bytes.append(contentsOf: (truth ? "true" : "false").utf8)
    case .integer(let number): bytes.append(contentsOf: String(number).utf8)
    case .number(let number): bytes.append(contentsOf: (number.isFinite ? number.description : "null").utf8)
    case .text(let text): JSONQuoting.quote(text, to: &bytes)
    case .array(let items): JSONValue.write(items, to: &bytes)
    case .object(let members): JSONValue.write(members, to: &bytes)
    }
  }

  private static func write(_ items: [JSONValue], to bytes: inout [UInt8]) {
    bytes.append(UInt8(ascii: "["))
    for (index, item) in items.enumerated() {
      if index > 0 { bytes.append(UInt8(ascii: ",")) }
      item.write(to: &bytes)
    }
    bytes.append(UInt8(ascii: "]"))
  }

  private static func write(_ members: [String: JSONValue], to bytes: inout [UInt8]) {
    bytes.append(UInt8(ascii: "{"))
    for (index, name) in members.keys.sorted().enumerated() {
      if index > 0 { bytes.append(UInt8(ascii: ",")) }
      JSONQuoting.quote(name, to: &bytes)
      bytes.append(UInt8(ascii: ":"))
      members[name]!.write(to: &bytes)
    }
    bytes.append(UInt8(ascii: "}"))
  }
}

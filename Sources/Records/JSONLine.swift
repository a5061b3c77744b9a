/// Builds one JSON object on one line, its fields in the order in which they are put in.
///
/// Numbers are written so that they read back as the same value (Swift's shortest form); a number that is not finite
/// has no JSON, and its field is left out. Text is UTF-8, with no more escapes than JSON demands,
/// but that no control character is left as it is: terminals obey also those above U+007F.
public struct JSONLine: Sendable {
  public private(set) var bytes: [UInt8] = [UInt8(ascii: "{")]
  private var isFirst = true

  public init() {}

  /// Closes the object and the line.
  public consuming func finished() -> [UInt8] {
    bytes.append(UInt8(ascii: "}"))
    bytes.append(UInt8(ascii: "\n"))
    return bytes
  }

  public mutating func field(_ name: StaticString, _ text: String) {
    key(name)
    quote(text)
  }

  /// A field whose name comes from elsewhere.
  public mutating func field(named name: String, _ text: String) {
    key(name)
    quote(text)
  }

  public mutating func field(_ name: StaticString, _ text: StaticString) {
    field(name, text.description)
  }

  public mutating func field(_ name: StaticString, _ number: some BinaryInteger) {
    key(name)
    bytes.append(contentsOf: String(number).utf8)
  }

  public mutating func field(_ name: StaticString, _ number: some BinaryFloatingPoint & CustomStringConvertible) {
    guard number.isFinite else { return }
    key(name)
    bytes.append(contentsOf: number.description.utf8)
  }

  public mutating func field(_ name: StaticString, _ truth: Bool) {
    key(name)
    bytes.append(contentsOf: (truth ? "true" : "false").utf8)
  }

  public mutating func field(_ name: StaticString, _ texts: [StaticString]) {
    key(name)
    list(texts) { line, text in line.quote(text.description) }
  }

  /// A list of objects, each built by `body`.
  public mutating func field<T>(_ name: StaticString, _ items: [T], _ body: (inout JSONLine, T) -> Void) {
    key(name)
    list(items) { line, item in
      var object = JSONLine()
      body(&object, item)
      line.bytes.append(contentsOf: object.bytes)
      line.bytes.append(UInt8(ascii: "}"))
    }
  }

  private mutating func list<T>(_ items: [T], _ put: (inout JSONLine, T) -> Void) {
    bytes.append(UInt8(ascii: "["))
    for (index, item) in items.enumerated() {
      if index > 0 { bytes.append(UInt8(ascii: ",")) }
      put(&self, item)
    }
    bytes.append(UInt8(ascii: "]"))
  }

  private mutating func key(_ name: StaticString) { key(name.description) }

  private mutating func key(_ name: String) {
    if !isFirst { bytes.append(UInt8(ascii: ",")) }
    isFirst = false
    quote(name)
    bytes.append(UInt8(ascii: ":"))
  }

  private mutating func quote(_ text: String) {
    bytes.append(UInt8(ascii: "\""))
    var last: UInt8 = 0
    for byte in text.utf8 {
      defer { last = byte }
      switch byte {
      case UInt8(ascii: "\""), UInt8(ascii: "\\"):
        bytes.append(UInt8(ascii: "\\"))
        bytes.append(byte)
      case UInt8(ascii: "\n"): bytes.append(contentsOf: #"\n"#.utf8)
      case UInt8(ascii: "\r"): bytes.append(contentsOf: #"\r"#.utf8)
      case UInt8(ascii: "\t"): bytes.append(contentsOf: #"\t"#.utf8)
      case 0..<0x20, 0x7F: escape(byte)
      case 0x80..<0xA0 where last == 0xC2:
        bytes.removeLast()
        escape(byte)
      default: bytes.append(byte)
      }
    }
    bytes.append(UInt8(ascii: "\""))
  }

  private mutating func escape(_ byte: UInt8) {
    let digits = Array("0123456789abcdef".utf8)
    bytes.append(contentsOf: #"\u00"#.utf8)
    bytes.append(digits[Int(byte >> 4)])
    bytes.append(digits[Int(byte & 15)])
  }
}

import JSONText

/// Builds one JSON object on one line. Fields keep the order in which they are added.
///
/// Numbers use Swift's shortest form, which reads back as the same value. A field whose number is not finite is left
/// out, because JSON has no such number. `JSONValue` would not do: its members have no order.
public struct JSONLine: Sendable {
  public private(set) var bytes: [UInt8] = [UInt8(ascii: "{")]
  private var isFirst = true

  public init() {}

  /// Ends the object and the line.
  public consuming func finished() -> [UInt8] {
    bytes.append(UInt8(ascii: "}"))
    bytes.append(UInt8(ascii: "\n"))
    return bytes
  }

  public mutating func field(_ name: StaticString, _ text: String) {
    key(name)
    quote(text)
  }

  /// A field whose name is not a constant.
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

  private mutating func quote(_ text: String) { JSONQuoting.quote(text, to: &bytes) }
}

/// Why a text is not JSON, and at which byte.
public struct JSONProblem: Error, Sendable, Equatable, CustomStringConvertible {
  public var text: String
  public var offset: Int

  public init(text: String, offset: Int) {
    self.text = text
    self.offset = offset
  }

  public var description: String { "\(text) at byte \(offset)" }
}

extension JSONValue {
  /// Reads JSON (RFC 8259). Time and memory are proportional to the bytes, whatever they are. There are at most 64
  /// nested levels. Of members with equal names the last one counts.
  public init(parsing bytes: some Collection<UInt8>) throws(JSONProblem) {
    var parser = JSONParser(bytes: Array(bytes))
    self = try parser.document()
  }
}

private struct JSONParser {
  static let depthLimit = 64
  let bytes: [UInt8]
  private var offset = 0

  init(bytes: [UInt8]) { self.bytes = bytes }

  mutating func document() throws(JSONProblem) -> JSONValue {
    let value = try value(depth: 0)
    skipSpace()
    guard offset == bytes.count else { throw problem("something follows the value") }
    return value
  }

  private mutating func value(depth: Int) throws(JSONProblem) -> JSONValue {
    guard depth < Self.depthLimit else { throw problem("nested deeper than \(Self.depthLimit) levels") }
    skipSpace()
    switch peek {
    case UInt8(ascii: "{"): return try object(depth)
    case UInt8(ascii: "["): return try array(depth)
    case UInt8(ascii: "\""): return .text(try string())
    case UInt8(ascii: "t"): return try word("true", .boolean(true))
    case UInt8(ascii: "f"): return try word("false", .boolean(false))
    case UInt8(ascii: "n"): return try word("null", .null)
    case nil: throw problem("the text ends too early")
    case let byte? where byte == UInt8(ascii: "-") || isDigit(byte): return try number()
    default: throw problem("no value begins here")
    }
  }

  private mutating func object(_ depth: Int) throws(JSONProblem) -> JSONValue {
    var members: [String: JSONValue] = [:]
    offset += 1
    skipSpace()
    if take("}") { return .object(members) }
    repeat {
      skipSpace()
      guard peek == UInt8(ascii: "\"") else { throw problem("a name in quotes is missing") }
      let name = try string()
      skipSpace()
      guard take(":") else { throw problem("':' is missing") }
      members[name] = try value(depth: depth + 1)
      skipSpace()
    } while take(",")
    guard take("}") else { throw problem("',' or '}' is missing") }
    return .object(members)
  }

  private mutating func array(_ depth: Int) throws(JSONProblem) -> JSONValue {
    var items: [JSONValue] = []
    offset += 1
    skipSpace()
    if take("]") { return .array(items) }
    repeat {
      items.append(try value(depth: depth + 1))
      skipSpace()
    } while take(",")
    guard take("]") else { throw problem("',' or ']' is missing") }
    return .array(items)
  }

  private mutating func word(_ word: StaticString, _ value: JSONValue) throws(JSONProblem) -> JSONValue {
    guard bytes[offset...].starts(with: word.description.utf8) else { throw problem("no value begins here") }
    offset += word.utf8CodeUnitCount
    return value
  }

  private mutating func number() throws(JSONProblem) -> JSONValue {
    let begin = offset
    let isNegative = take("-")
    if !take("0") { try digits() }
    var isWhole = true
    if take(".") {
      isWhole = false
      try digits()
    }
    if take("e") || take("E") {
      isWhole = false
      if !take("+") { _ = take("-") }
      try digits()
    }
    let text = String(decoding: bytes[begin..<offset], as: UTF8.self)
    if isWhole, let number = Int64(text), !(isNegative && number == 0) { return .integer(number) }
    guard let number = Double(text), number.isFinite else { throw problem("the number is too large") }
    return .number(number)
  }

  private mutating func digits() throws(JSONProblem) {
    let begin = offset
    while let byte = peek, isDigit(byte) { offset += 1 }
    guard offset > begin else { throw problem("a digit is missing") }
  }

  private mutating func string() throws(JSONProblem) -> String {
    offset += 1
    var text: [UInt8] = []
    while let byte = peek {
      offset += 1
      switch byte {
      case UInt8(ascii: "\""):
        guard let string = String(validating: text, as: UTF8.self) else { throw problem("the text is not UTF-8") }
        return string
      case UInt8(ascii: "\\"): try escape(into: &text)
      case 0..<0x20: throw problem("a control character is not escaped")
      default: text.append(byte)
      }
    }
    throw problem("a text is not closed")
  }

  private mutating func escape(into text: inout [UInt8]) throws(JSONProblem) {
    guard let byte = peek else { throw problem("a text is not closed") }
    offset += 1
    switch byte {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): text.append(byte)
    case UInt8(ascii: "b"): text.append(8)
    case UInt8(ascii: "f"): text.append(12)
    case UInt8(ascii: "n"): text.append(10)
    case UInt8(ascii: "r"): text.append(13)
    case UInt8(ascii: "t"): text.append(9)
    case UInt8(ascii: "u"): text.append(contentsOf: String(try scalar()).utf8)
    default: throw problem("an escape is unknown")
    }
  }

  /// The code point of one `\u` escape, or of two that form a surrogate pair.
  private mutating func scalar() throws(JSONProblem) -> Character {
    var code = try hexadecimal()
    if code & 0xfc00 == 0xd800, take("\\") {
      guard take("u") else { throw problem("half of a surrogate pair is missing") }
      let low = try hexadecimal()
      guard low & 0xfc00 == 0xdc00 else { throw problem("half of a surrogate pair is missing") }
      code = 0x10000 + (code & 0x3ff) << 10 + low & 0x3ff
    }
    guard let scalar = Unicode.Scalar(code) else { throw problem("half of a surrogate pair is missing") }
    return Character(scalar)
  }

  private mutating func hexadecimal() throws(JSONProblem) -> UInt32 {
    var code: UInt32 = 0
    for _ in 0..<4 {
      guard let byte = peek, let digit = Character(Unicode.Scalar(byte)).hexDigitValue else {
        throw problem("four hexadecimal digits are missing")
      }
      offset += 1
      code = code << 4 | UInt32(digit)
    }
    return code
  }

  private func isDigit(_ byte: UInt8) -> Bool { byte >= UInt8(ascii: "0") && byte <= UInt8(ascii: "9") }

  private var peek: UInt8? { offset < bytes.count ? bytes[offset] : nil }

  private mutating func take(_ character: Unicode.Scalar) -> Bool {
    guard peek == UInt8(ascii: character) else { return false }
    offset += 1
    return true
  }

  private mutating func skipSpace() {
    while let byte = peek, byte == 0x20 || byte == 0x0a || byte == 0x0d || byte == 0x09 { offset += 1 }
  }

  private func problem(_ text: String) -> JSONProblem { JSONProblem(text: text, offset: offset) }
}

/// The bytes of a pickle, and the values that stand in them.
struct PickleInput {
  private let bytes: ArraySlice<UInt8>
  private var next: Int

  init(_ bytes: ArraySlice<UInt8>) { (self.bytes, next) = (bytes, bytes.startIndex) }

  /// Bytes read.
  var place: Int { next - bytes.startIndex }

  mutating func byte() throws(ArrayProblem) -> UInt8 { try take(1).first! }

  mutating func take(_ count: UInt64) throws(ArrayProblem) -> ArraySlice<UInt8> {
    guard count <= UInt64(bytes.endIndex - next) else {
      throw ArrayProblem("it is cut short: \(count) bytes are missing at byte \(place) or wrong")
    }
    defer { next += Int(count) }
    return bytes[next..<next + Int(count)]
  }

  /// A little-endian number.
  mutating func unsigned(_ width: UInt64) throws(ArrayProblem) -> UInt64 {
    try take(width).reversed().reduce(0) { $0 << 8 | UInt64($1) }
  }

  /// Up to the next line feed, which is taken, too.
  mutating func line() throws(ArrayProblem) -> ArraySlice<UInt8> {
    guard let end = bytes[next...].firstIndex(of: 10) else { throw ArrayProblem("it is cut short in a line") }
    defer { next = end + 1 }
    return bytes[next..<end]
  }

  mutating func decimal() throws(ArrayProblem) -> UInt64 {
    guard let number = UInt64(String(decoding: try line(), as: UTF8.self)) else { throw Self.noNumber }
    return number
  }

  private static let noNumber = ArrayProblem("it has a number that is none")

  // MARK: Values

  /// The value of an opcode that holds one; nil: another opcode.
  mutating func literal(_ code: UInt8) throws(ArrayProblem) -> PickleItem? {
    switch code {
    case UInt8(ascii: "N"): return PickleItem.none
    case 0x88: return .boolean(true)
    case 0x89: return .boolean(false)
    case UInt8(ascii: "J"): return .integer(Int64(Int32(bitPattern: UInt32(try unsigned(4)))))
    case UInt8(ascii: "K"): return .integer(Int64(try unsigned(1)))
    case UInt8(ascii: "M"): return .integer(Int64(try unsigned(2)))
    case 0x8a: return try long(try unsigned(1))
    case 0x8b: return try long(try unsigned(4))
    case UInt8(ascii: "G"): return .number(Double(bitPattern: try take(8).reduce(0) { $0 << 8 | UInt64($1) }))
    case UInt8(ascii: "I"), UInt8(ascii: "L"): return try whole(String(decoding: try line(), as: UTF8.self), code)
    case UInt8(ascii: "F"):
      guard let number = Double(String(decoding: try line(), as: UTF8.self)) else { throw Self.noNumber }
      return .number(number)
    default: return try string(code)
    }
  }

  private mutating func string(_ code: UInt8) throws(ArrayProblem) -> PickleItem? {
    switch code {
    case UInt8(ascii: "V"): return .text(try PickleText.rawUnicode(try line()))
    case UInt8(ascii: "S"): return .text(try PickleText.quoted(try line()))
    case UInt8(ascii: "X"), UInt8(ascii: "T"): return .text(try text(4))
    case 0x8c, UInt8(ascii: "U"): return .text(try text(1))
    case 0x8d: return .text(try text(8))
    case UInt8(ascii: "B"): return .bytes(try take(try unsigned(4)))
    case UInt8(ascii: "C"): return .bytes(try take(try unsigned(1)))
    case 0x8e, 0x96: return .bytes(try take(try unsigned(8)))
    default: return nil
    }
  }

  private mutating func text(_ width: UInt64) throws(ArrayProblem) -> String {
    guard let text = String(validating: try take(try unsigned(width)), as: UTF8.self) else {
      throw ArrayProblem("it has a text that is not UTF-8")
    }
    return text
  }

  /// Two's complement, as many bytes as it needs.
  private mutating func long(_ width: UInt64) throws(ArrayProblem) -> PickleItem {
    guard width <= 8 else { throw ArrayProblem("it holds a number of more than 63 bits") }
    let unused = 64 - 8 * width
    let bits = try unsigned(width)
    return .integer(width == 0 ? 0 : Int64(bitPattern: bits << unused) >> Int64(unused))
  }

  private func whole(_ text: String, _ code: UInt8) throws(ArrayProblem) -> PickleItem {
    if code == UInt8(ascii: "I"), text == "00" || text == "01" { return .boolean(text == "01") }
    guard let number = Int64(text.hasSuffix("L") ? String(text.dropLast()) : text) else { throw Self.noNumber }
    return .integer(number)
  }
}

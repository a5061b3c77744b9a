/// Texts of protocol 0, and the names of opcodes.
enum PickleText {
  private static let problem = ArrayProblem("it has a text of protocol 0 that cannot be read")

  /// Python's raw-unicode-escape: Latin-1 with \uXXXX and \UXXXXXXXX.
  static func rawUnicode(_ line: ArraySlice<UInt8>) throws(ArrayProblem) -> String {
    var text = String.UnicodeScalarView()
    var rest = line
    while let byte = rest.popFirst() {
      let digits = rest.first == UInt8(ascii: "u") ? 4 : rest.first == UInt8(ascii: "U") ? 8 : 0
      guard byte == UInt8(ascii: "\\"), digits > 0 else {
        text.append(Unicode.Scalar(byte))
        continue
      }
      rest = rest.dropFirst()
      text.append(try scalar(&rest, digits))
    }
    return String(text)
  }

  /// A text between quotes, as Python's repr writes it.
  static func quoted(_ line: ArraySlice<UInt8>) throws(ArrayProblem) -> String {
    guard line.count >= 2, let quote = line.first, quote == line.last, quote == 39 || quote == 34 else { throw problem }
    var text = String.UnicodeScalarView()
    var rest = line.dropFirst().dropLast()
    while let byte = rest.popFirst() {
      guard byte == UInt8(ascii: "\\") else {
        text.append(Unicode.Scalar(byte))
        continue
      }
      switch rest.popFirst() {
      case UInt8(ascii: "x"): text.append(try scalar(&rest, 2))
      case UInt8(ascii: "n"): text.append("\n")
      case UInt8(ascii: "r"): text.append("\r")
      case UInt8(ascii: "t"): text.append("\t")
      case let other? where other == 92 || other == 39 || other == 34: text.append(Unicode.Scalar(other))
      default: throw problem
      }
    }
    return String(text)
  }

  private static func scalar(_ rest: inout ArraySlice<UInt8>, _ digits: Int) throws(ArrayProblem) -> Unicode.Scalar {
    let number = rest.prefix(digits)
    guard number.count == digits, let value = UInt32(String(decoding: number, as: UTF8.self), radix: 16),
      let scalar = Unicode.Scalar(value)
    else { throw problem }
    rest = rest.dropFirst(digits)
    return scalar
  }
}

enum PickleNames {
  /// Those that run code, or refer to what is outside of the file.
  private static let names: [UInt8: String] = [
    0x50: "PERSID", 0x51: "BINPERSID", 0x69: "INST", 0x6f: "OBJ", 0x81: "NEWOBJ", 0x92: "NEWOBJ_EX", 0x82: "EXT1",
    0x83: "EXT2", 0x84: "EXT4", 0x97: "NEXT_BUFFER", 0x98: "READONLY_BUFFER", 0x32: "DUP", 0x8f: "EMPTY_SET",
    0x90: "ADDITEMS", 0x91: "FROZENSET",
  ]

  /// "0x81 (NEWOBJ)"
  static func opcode(_ code: UInt8) -> String {
    "0x" + (code < 16 ? "0" : "") + String(code, radix: 16) + (names[code].map { " (\($0))" } ?? "")
  }
}

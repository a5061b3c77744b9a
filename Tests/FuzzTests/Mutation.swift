import TestSupport

/// Random changes that find errors of parsers: values at a limit, wrong order, repetition, truncation.
enum Mutation {
  /// Names with a meaning to some program.
  static let names = [
    "a'\u{301}`touch MARK`", "$(touch MARK)", "\u{1B}[2J\u{1B}]0;x\u{7}", "\u{9B}31m", "\u{202E}\u{2066}", "a\u{0}b",
    "",
    " ", "\u{FEFF}", "\u{600}<script>", "=1+1", "-x", "--help", "a\nb", "a\r\nb", "\"", "'", "\\", "%s%n", "${x}",
    "null",
    "..", ".", "a.b", "a->b", "\u{1F600}", "e\u{301}", "\u{FFFD}", String(repeating: "x", count: 300),
    String(repeating: "\u{301}", count: 100),
  ]

  static let numbers = [
    "0", "-0", "1", "-1", "2", "3", "255", "256", "65535", "65536", "2147483647", "2147483648", "-2147483649",
    "4294967296", "9223372036854775807", "9223372036854775808", "18446744073709551616", "1e-320", "1e-45", "1e38",
    "1e39",
    "1e308", "1e309", "-1e308", "0.1", "0.5", "nan", "inf", "-inf", "0x10", "1_000", "1e", "١٢",
  ]

  private static let edges: [UInt64] = [
    0, 1, 2, 0x7F, 0x80, 0xFF, 0x7FFF, 0x8000, 0xFFFF, 0x7FFF_FFFF, 0x8000_0000, 0xFFFF_FFFE, 0xFFFF_FFFF,
    0x7FFF_FFFF_FFFF_FFFF, 0x8000_0000_0000_0000, .max,
  ]

  /// Some changes to a file of bytes; most of them near its begin, where headers are.
  static func bytes(_ original: [UInt8], _ random: inout SeededRandom) -> [UInt8] {
    var bytes = original
    for _ in 0..<Int.random(in: 1...6, using: &random) { change(&bytes, &random) }
    return bytes
  }

  private static func change(_ bytes: inout [UInt8], _ random: inout SeededRandom) {
    let isNear = Bool.random(using: &random)
    let place = Int.random(in: 0...(isNear ? min(bytes.count, 120) : bytes.count), using: &random)
    let end = min(bytes.count, place + Int.random(in: 0...24, using: &random))
    switch Int.random(in: 0..<8, using: &random) {
    case 0, 1: put(edges.randomElement(using: &random)!, into: &bytes, at: place, &random)
    case 2: bytes.removeSubrange(place..<end)
    case 3: bytes.insert(contentsOf: bytes[place..<end], at: place)
    case 4: bytes.insert(UInt8.random(in: 0...255, using: &random), at: place)
    case 5: if place < bytes.count { bytes[place] ^= 1 << UInt8.random(in: 0..<8, using: &random) }
    case 6: bytes.removeSubrange(place...)
    default: for index in place..<end { bytes[index] = UInt8.random(in: 0...255, using: &random) }
    }
  }

  /// A number of 1, 2, 4 or 8 bytes in either order.
  private static func put(_ number: UInt64, into bytes: inout [UInt8], at place: Int, _ random: inout SeededRandom) {
    let size = [1, 2, 4, 8].randomElement(using: &random)!
    let isBig = Bool.random(using: &random)
    for index in 0..<size where place + index < bytes.count {
      let shift = 8 * UInt64(isBig ? size - 1 - index : index)
      bytes[place + index] = UInt8(truncatingIfNeeded: number >> shift)
    }
  }

  /// Changes one number of a text, or one of its quoted texts.
  static func text(_ original: String, _ random: inout SeededRandom) -> String {
    var text = original
    for _ in 0..<Int.random(in: 1...4, using: &random) {
      let numbers = text.ranges(of: /-?[0-9]+(\.[0-9]+)?/)
      let quotes = text.ranges(of: /"[^"\\]*"/)
      if Bool.random(using: &random), let range = numbers.randomElement(using: &random) {
        text.replaceSubrange(range, with: Self.numbers.randomElement(using: &random)!)
      } else if let range = quotes.randomElement(using: &random) {
        text.replaceSubrange(range, with: "\"\(escaped(names.randomElement(using: &random)!))\"")
      }
    }
    return text
  }

  /// For JSON and for YAML's double quotes.
  static func escaped(_ text: String) -> String {
    var result = ""
    for scalar in text.unicodeScalars {
      switch scalar.value {
      case 0x22, 0x5C: result += "\\\(scalar)"
      case 0..<0x20, 0x7F..<0xA0, 0xFEFF:
        let digits = String(scalar.value, radix: 16)
        result += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result
  }
}

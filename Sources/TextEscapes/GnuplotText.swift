/// Text of any origin in a script for gnuplot.
///
/// gnuplot passes text between backquotes to a shell, and replaces `@name`, on every line that it reads. So every byte
/// except ASCII letters and digits is written as its number.
public enum GnuplotText {
  /// A string in double quotes. Draw it with `noenhanced`, so that nothing in it is markup.
  public static func quoted(_ text: String) -> String {
    var result: [UInt8] = [quote]
    for scalar in text.unicodeScalars {
      for byte in UTF8.encode(scalar.isControl ? "\u{FFFD}" : scalar)! { write(byte, to: &result) }
    }
    return String(decoding: result + [quote], as: UTF8.self)
  }

  private static let quote = UInt8(ascii: "\"")

  /// `\0nnn` and `\nnn`: after a zero gnuplot reads four digits, otherwise three.
  private static func write(_ byte: UInt8, to result: inout [UInt8]) {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: " "):
      result.append(byte)
    default:
      result += byte < 0o100 ? Array("\\0".utf8) : Array("\\".utf8)
      result += [byte >> 6, byte >> 3 & 7, byte & 7].map { UInt8(ascii: "0") + $0 }
    }
  }
}

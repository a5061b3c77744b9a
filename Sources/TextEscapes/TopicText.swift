/// Names of any origin in MQTT topics and in identifiers. No two names give the same text.
public enum TopicText {
  /// The most bytes of an escaped name.
  public static let longest = 128

  /// A name as one level of a topic: the separators and wildcards of MQTT (`/`, `+`, `#`), `%`, and control characters
  /// become `%` and two hexadecimal digits per byte. An empty name is `%`. A name that is longer than `longest` is cut
  /// and ends in `%~` and a hash of the whole name.
  public static func level(_ name: String) -> String {
    name.isEmpty ? "%" : bounded(name, mark: "%", cut: "%~") { scalar in isPlainInLevel(scalar) }
  }

  /// A name as an identifier of ASCII letters, digits, `-` and `_`. Any other byte, and `_` itself, becomes `_` and two
  /// hexadecimal digits.
  public static func identifier(_ name: String) -> String {
    name.isEmpty ? "_" : bounded(name, mark: "_", cut: "_-") { scalar in isPlainInIdentifier(scalar) }
  }

  /// Why a text can't be the begin of all topics; nil: it can. It may have several levels.
  public static func problem(withPrefix text: String) -> String? {
    if text.isEmpty { return "is empty" }
    if text.utf8.count > 1024 { return "is longer than 1024 bytes" }
    if text.utf8.first == UInt8(ascii: "$") { return "begins with `$`, which is for topics of the broker itself" }
    if text.utf8.contains(UInt8(ascii: "+")) || text.utf8.contains(UInt8(ascii: "#")) {
      return "contains `+` or `#`, which are wildcards of subscribers"
    }
    return text.unicodeScalars.contains(where: isControl) ? "contains a control character" : nil
  }

  private static func bounded(
    _ name: String, mark: Unicode.Scalar, cut: String, _ isPlain: (Unicode.Scalar) -> Bool
  ) -> String {
    var pieces: [[UInt8]] = []
    var count = 0
    for scalar in name.unicodeScalars {
      let piece = isPlain(scalar) ? Array(UTF8.encode(scalar)!) : UTF8.encode(scalar)!.flatMap { escaped($0, mark) }
      pieces.append(piece)
      count += piece.count
    }
    if count <= longest { return String(decoding: pieces.joined(), as: UTF8.self) }
    let end = cut + hash(name)
    while count > longest - end.utf8.count { count -= pieces.removeLast().count }
    return String(decoding: pieces.joined(), as: UTF8.self) + end
  }

  private static func escaped(_ byte: UInt8, _ mark: Unicode.Scalar) -> [UInt8] {
    let digits = Array("0123456789ABCDEF".utf8)
    return [UInt8(mark.value), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
  }

  /// FNV-1a of 64 bits, in 16 hexadecimal digits.
  public static func hash(_ name: String) -> String {
    var hash: UInt64 = 0xcbf2_9ce4_8422_2325
    for byte in name.utf8 { hash = (hash ^ UInt64(byte)) &* 0x0000_0100_0000_01b3 }
    let digits = String(hash, radix: 16)
    return String(repeating: "0", count: 16 - digits.utf8.count) + digits
  }

  private static func isPlainInLevel(_ scalar: Unicode.Scalar) -> Bool {
    !isControl(scalar) && !["/", "+", "#", "%"].contains(scalar)
  }

  /// C0 and C1 control characters, and the code points that MQTT forbids or discourages.
  private static func isControl(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.value {
    case 0..<0x20, 0x7F...0x9F, 0xFDD0...0xFDEF: true
    case let value: value & 0xFFFE == 0xFFFE
    }
  }

  private static func isPlainInIdentifier(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar {
    case "a"..."z", "A"..."Z", "0"..."9", "-": true
    default: false
    }
  }
}

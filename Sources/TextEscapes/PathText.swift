/// File names as text. On Linux a name can be any bytes; names from other systems' disks are often Latin-1.
///
/// A byte that is not UTF-8 becomes a scalar of a private plane, U+10FF80 to U+10FFFF by its value. The text is then
/// valid everywhere, and `bytes` gives the original name for opening the file. (Swift considers texts equal if they
/// show the same letters in different scalars. `FileIdentity` tells two such files apart.)
public enum PathText {
  private static let base: UInt32 = 0x10FF00
  private static let escapes: ClosedRange<UInt32> = 0x10FF80...0x10FFFF

  /// The text of a name.
  public static func text(_ bytes: some Collection<UInt8>) -> String {
    if let text = String(validating: bytes, as: UTF8.self), !hasEscapes(text) { return text }
    var result = String.UnicodeScalarView()
    var rest = Array(bytes)[...]
    while let first = rest.first {
      if let scalar = scalar(rest.prefix(length(first))), !escapes.contains(scalar.value) {
        result.append(scalar)
        rest.removeFirst(length(first))
      } else {
        result.append(Unicode.Scalar(base + UInt32(first))!)
        rest.removeFirst()
      }
    }
    return String(result)
  }

  /// The bytes of a name, terminated by zero.
  public static func bytes(_ text: String) -> [CChar] {
    guard hasEscapes(text) else { return Array(text.utf8CString) }
    var bytes: [UInt8] = []
    for scalar in text.unicodeScalars {
      if escapes.contains(scalar.value) {
        bytes.append(UInt8(scalar.value & 0xFF))
      } else {
        bytes += UTF8.encode(scalar)!
      }
    }
    return bytes.map { CChar(bitPattern: $0) } + [0]
  }

  /// The name for people and results, with such bytes as `\xE9`.
  public static func shown(_ text: String) -> String {
    guard hasEscapes(text) else { return text }
    var result = ""
    for scalar in text.unicodeScalars {
      result +=
        escapes.contains(scalar.value)
        ? "\\x" + String(scalar.value & 0xFF, radix: 16, uppercase: true) : String(scalar)
    }
    return result
  }

  private static func hasEscapes(_ text: String) -> Bool {
    text.utf8.contains(0xF4) && text.unicodeScalars.contains { escapes.contains($0.value) }
  }

  /// Number of bytes of a scalar that begins with this byte; 1 if none does.
  private static func length(_ first: UInt8) -> Int {
    switch first {
    case 0xC2...0xDF: 2
    case 0xE0...0xEF: 3
    case 0xF0...0xF4: 4
    default: 1
    }
  }

  private static func scalar(_ bytes: some Collection<UInt8>) -> Unicode.Scalar? {
    String(validating: bytes, as: UTF8.self)?.unicodeScalars.first
  }
}

import TextEscapes

/// The names of clips, the sounds of alarms: `<machine>-<UTC time>.flac`, with the time at which the alarm begins:
/// `fan-03-20261121T093001.664Z.flac`. Where the time is not known: `<machine>-<file>-<frame position>.flac`.
///
/// Every sink that knows the alarm's record knows the name, so that the event names its clip.
public enum ClipName {
  /// The name without the extension.
  ///
  /// - Parameters:
  ///   - time: nanoseconds since the Unix epoch at `begin`; nil: not known.
  ///   - begin: driver frame position where the alarm begins.
  public static func stem(machine: String, time: Int64?, file: String?, begin: Int64) -> String {
    let machine = escaped(machine, most: 120)
    if let time { return "\(machine)-\(compact(time))" }
    guard let file else { return "\(machine)-\(begin)" }
    let name = file.split(separator: "/").last.map(String.init) ?? file
    let stem = name.utf8.lastIndex(of: UInt8(ascii: ".")).map { $0 > name.startIndex ? String(name[..<$0]) : name }
    return "\(machine)-\(escaped(stem ?? name, most: 80))-\(begin)"
  }

  /// "2026-11-21T09:30:01.664Z" without what file systems of other computers refuse.
  public static func compact(_ time: Int64) -> String {
    wallTimeText(time).filter { $0 != "-" && $0 != ":" }
  }

  /// A name from outside as a part of a file name: other bytes than letters, digits, `.`, `_` and `-` become `%XX`, also a
  /// dot in front. Different names stay different; a long name ends in its hash.
  public static func escaped(_ name: String, most: Int) -> String {
    var text = ""
    for (index, byte) in name.utf8.enumerated() {
      if isPlain(byte), index > 0 || byte != UInt8(ascii: ".") && byte != UInt8(ascii: "-") {
        text.unicodeScalars.append(Unicode.Scalar(byte))
      } else {
        text += "%" + (byte < 16 ? "0" : "") + String(byte, radix: 16, uppercase: true)
      }
    }
    if text.isEmpty { return "%" }
    guard text.utf8.count > most else { return text }
    return String(text.prefix(most - 17)) + "~" + hash(text)
  }

  private static func isPlain(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"): true
    case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "-"): true
    default: false
    }
  }

  /// FNV-1a, 16 hexadecimal digits.
  private static func hash(_ text: String) -> String {
    let value = text.utf8.reduce(UInt64(0xcbf2_9ce4_8422_2325)) { ($0 ^ UInt64($1)) &* 0x0000_0100_0000_01b3 }
    let digits = String(value, radix: 16)
    return String(repeating: "0", count: 16 - digits.utf8.count) + digits
  }
}

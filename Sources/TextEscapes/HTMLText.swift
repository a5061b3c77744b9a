/// Text of any origin inside of HTML, between tags and in attributes.
public enum HTMLText {
  /// Whatever follows or precedes them, `&`, `<`, `>` and both quotes are no markup in the result: each scalar is looked
  /// at by itself, for browsers know nothing of characters that are made of several.
  public static func escaped(_ text: String) -> String {
    var result = ""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "&": result += "&amp;"
      case "<": result += "&lt;"
      case ">": result += "&gt;"
      case "\"": result += "&quot;"
      case "'": result += "&#39;"
      default: result.unicodeScalars.append(scalar.isControl ? "\u{FFFD}" : scalar)
      }
    }
    return result
  }
}

extension Unicode.Scalar {
  /// C0, DEL and C1: none of them means anything in a text of one line.
  var isControl: Bool { value < 0x20 || (0x7F...0x9F).contains(value) }
}

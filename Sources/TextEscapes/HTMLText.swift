/// Text of any origin in HTML, between tags and in attributes.
public enum HTMLText {
  /// Escapes `&`, `<`, `>` and both quotes wherever they occur. It works on single scalars, because browsers do not
  /// know characters of several scalars.
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
  /// C0, DEL and C1. None of them has a meaning in a text of one line.
  var isControl: Bool { value < 0x20 || (0x7F...0x9F).contains(value) }
}

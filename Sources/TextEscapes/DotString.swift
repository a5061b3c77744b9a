/// Text of any origin in the language of Graphviz.
public enum DotString {
  /// A name in double quotes: a node's or a graph's.
  public static func name(_ text: String) -> String { quoted(text, isLabel: false) }

  /// The text of a label in double quotes. Line feeds begin a new line.
  public static func label(_ text: String) -> String { quoted(text, isLabel: true) }

  /// By scalars, as Graphviz reads. In a label, `\N` would be a name and `&lt;` a character; here they are escaped.
  private static func quoted(_ text: String, isLabel: Bool) -> String {
    var result = "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"": result += "\\\""
      case "\\": result += "\\\\"
      case "\n" where isLabel: result += "\\n"
      case "&" where isLabel: result += "&amp;"
      default: result.unicodeScalars.append(scalar.isControl ? "\u{FFFD}" : scalar)
      }
    }
    return result + "\""
  }
}

import Glibc

/// A `connect` text: a port's exact name, or a POSIX extended regular expression that the whole name matches.
///
/// The exact name comes first, so that names with brackets and dots need no escaping; the whole name, so that
/// `system:capture_1` does not mean `system:capture_10`.
final class PortPattern {
  let text: String
  private var expression: regex_t?

  /// - Throws: `JACKError.badPattern` when the text compiles to no expression. A port may still have that very name,
  ///   but then the text is as good with the brackets escaped.
  init(_ text: String, node: String) throws(JACKError) {
    self.text = text
    guard !text.isEmpty else { throw .badPattern(text, node: node, reason: "it is empty") }
    var compiled = regex_t()
    let status = regcomp(&compiled, "^(\(text))$", REG_EXTENDED | REG_NOSUB)
    guard status == 0 else {
      let reason = withUnsafeTemporaryAllocation(of: CChar.self, capacity: 256) { buffer in
        regerror(status, &compiled, buffer.baseAddress, buffer.count)
        return String(cString: buffer.baseAddress!)
      }
      throw .badPattern(text, node: node, reason: reason)
    }
    expression = compiled
  }

  deinit {
    if expression != nil { regfree(&expression!) }
  }

  /// The port of exactly this name, or else all that the expression matches, in the order given.
  func matches(in names: [String]) -> [String] {
    if names.contains(text) { return [text] }
    return names.filter { regexec(&expression!, $0, 0, nil, 0) == 0 }
  }
}

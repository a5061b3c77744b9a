import Glibc

/// A port of another client: its full name, and its aliases.
package struct PortName: Hashable, Sendable {
  package var name: String
  package var aliases: [String]

  package init(_ name: String, aliases: [String] = []) {
    self.name = name
    self.aliases = aliases
  }

  var all: [String] { [name] + aliases }
}

/// A `connect` text: a port's exact name or alias, or a POSIX extended regular expression that matches a whole name.
///
/// The exact name comes first, so that names with brackets and dots need no escaping. A text that once matched a name stays
/// a name: while that port is away, the text does not match other ports as an expression. The expression must match the
/// whole name, so that `system:capture_1` does not match `system:capture_10`.
final class PortPattern {
  let text: String
  private var expression: regex_t?
  /// Why the text is not a valid expression; nil: it is valid.
  let defect: String?
  /// A port with exactly this name was seen.
  private var isName = false

  /// - Throws: `JACKError.badPattern` for an empty text.
  init(_ text: String, node: String) throws(JACKError) {
    self.text = text
    guard !text.isEmpty else { throw .badPattern(text, node: node, reason: "it is empty") }
    var compiled = regex_t()
    let status = regcomp(&compiled, "^(\(text))$", REG_EXTENDED | REG_NOSUB)
    guard status != 0 else {
      expression = compiled
      defect = nil
      return
    }
    defect = withUnsafeTemporaryAllocation(of: CChar.self, capacity: 256) { buffer in
      regerror(status, &compiled, buffer.baseAddress, buffer.count)
      return String(cString: buffer.baseAddress!)
    }
  }

  deinit {
    if expression != nil { regfree(&expression!) }
  }

  /// The port with exactly this name, or else with this alias, or else all ports that the expression matches, in the given
  /// order.
  func matches(in ports: [PortName]) -> [String] {
    let exact = ports.first { $0.name == text } ?? ports.first { $0.aliases.contains(text) }
    if let exact {
      isName = true
      return [exact.name]
    }
    return isName ? [] : ports.filter { isMatched($0) }.map(\.name)
  }

  /// Whether the expression matches a port, even if another port has exactly this name.
  func isMatched(_ port: PortName) -> Bool {
    expression != nil && port.all.contains { regexec(&expression!, $0, 0, nil, 0) == 0 }
  }
}

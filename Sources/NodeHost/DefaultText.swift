/// Reads a default: a scalar, or a list in brackets (`[a, b]`, `[[1, 0], [0, 1]]`) for parameters that accept lists.
/// There are no quotes, so a default can't contain a comma or a bracket.
struct DefaultText {
  enum Shape {
    case scalar(String)
    case list([Shape])
  }

  private var rest: Substring

  /// Nil if the brackets do not match.
  static func parse(_ text: String) -> Shape? {
    guard text.hasPrefix("[") else { return .scalar(text) }
    var reader = DefaultText(rest: text[...])
    guard let shape = reader.list(depth: 0), reader.rest.isEmpty else { return nil }
    return shape
  }

  private mutating func list(depth: Int) -> Shape? {
    rest.removeFirst()
    skipSpaces()
    var items: [Shape] = []
    while rest.first != "]" {
      guard let item = item(depth: depth) else { return nil }
      items.append(item)
      skipSpaces()
      if rest.first == "," { rest.removeFirst() } else if rest.first != "]" { return nil }
      skipSpaces()
    }
    rest.removeFirst()
    return .list(items)
  }

  private mutating func item(depth: Int) -> Shape? {
    if rest.first == "[" { return depth == 0 ? list(depth: 1) : nil }
    let word = rest.prefix { $0 != "," && $0 != "[" && $0 != "]" }
    rest = rest[word.endIndex...]
    let end = word.lastIndex { $0 != " " }
    return end.map { .scalar(String(word[...$0])) }
  }

  private mutating func skipSpaces() { rest = rest.drop { $0 == " " } }
}

extension Parameter {
  /// Types a default. It has the syntax of a graph file and is checked in the same way.
  func typedDefault(_ text: String) throws(ParameterProblem) -> ParameterValue {
    guard let shape = DefaultText.parse(text) else {
      throw ParameterProblem(code: "wrong-type", message: "the brackets of '\(text)' don't match")
    }
    switch shape {
    case .scalar(let text): return try value(of: text)
    case .list(let items):
      guard !flags.isDisjoint(with: [.list, .nested]) else {
        throw ParameterProblem(code: "wrong-type", message: "'\(name)' takes no list")
      }
      return .list(try typed(items))
    }
  }

  private func typed(_ items: [DefaultText.Shape]) throws(ParameterProblem) -> [ParameterValue] {
    var values: [ParameterValue] = []
    for item in items {
      switch item {
      case .scalar(let text): values.append(try value(of: text))
      case .list(let inner):
        guard flags.contains(.nested) else {
          throw ParameterProblem(code: "wrong-type", message: "'\(name)' takes no list of lists")
        }
        values.append(.list(try typed(inner)))
      }
    }
    return values
  }
}

/// JSON that can be written down as a literal.
enum SchemaValue: Sendable, Encodable {
  case text(String)
  case number(Double)
  case boolean(Bool)
  case list([SchemaValue])
  case map([String: SchemaValue])

  func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    switch self {
    case .text(let text): try container.encode(text)
    case .number(let number): try container.encode(number)
    case .boolean(let value): try container.encode(value)
    case .list(let items): try container.encode(items)
    case .map(let entries): try container.encode(entries)
    }
  }
}

extension SchemaValue: ExpressibleByStringLiteral, ExpressibleByBooleanLiteral, ExpressibleByArrayLiteral,
  ExpressibleByDictionaryLiteral
{
  init(stringLiteral text: String) { self = .text(text) }
  init(booleanLiteral value: Bool) { self = .boolean(value) }
  init(arrayLiteral items: SchemaValue...) { self = .list(items) }
  init(dictionaryLiteral entries: (String, SchemaValue)...) {
    self = .map(Dictionary(entries) { first, _ in first })
  }
}

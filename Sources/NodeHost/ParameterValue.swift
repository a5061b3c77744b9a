/// A value of a parameter, typed and checked.
public indirect enum ParameterValue: Sendable, Hashable {
  /// A number in `unit` (one AUSCULT_UNIT_*; seconds, hertz, decibel, per cent, samples), and its text.
  case number(Double, unit: UInt32, text: String)
  case boolean(Bool)
  /// Text, a choice, or a path (absolute).
  case text(String)
  case list([ParameterValue])
  /// By machine name, in the order of the file.
  case map([(String, ParameterValue)])

  public static func == (a: ParameterValue, b: ParameterValue) -> Bool {
    switch (a, b) {
    case (.number(let a, let unit, _), .number(let b, let other, _)): a == b && unit == other
    case (.boolean(let a), .boolean(let b)): a == b
    case (.text(let a), .text(let b)): a == b
    case (.list(let a), .list(let b)): a == b
    case (.map(let a), .map(let b)): a.elementsEqual(b) { $0.0 == $1.0 && $0.1 == $1.1 }
    default: false
    }
  }

  public func hash(into hasher: inout Hasher) {
    switch self {
    case .number(let number, let unit, _):
      hasher.combine(number)
      hasher.combine(unit)
    case .boolean(let value): hasher.combine(value)
    case .text(let text): hasher.combine(text)
    case .list(let items): hasher.combine(items)
    case .map(let items):
      for (key, value) in items {
        hasher.combine(key)
        hasher.combine(value)
      }
    }
  }
}

extension ParameterValue {
  /// The value as in a graph file, shortened: without quotes.
  public var written: String {
    switch self {
    case .number(_, _, let text): text
    case .boolean(let flag): flag ? "true" : "false"
    case .text(let text): text
    case .list(let items): "[\(items.map(\.written).joined(separator: ", "))]"
    case .map(let entries): "{ \(entries.map { "\($0.0): \($0.1.written)" }.joined(separator: ", ")) }"
    }
  }
}

import CNodeABI

/// The values of a node's parameters, from the graph file or by default.
public struct Arguments {
  public let host: Host
  let declaration: NodeDeclaration
  private let values: [String: Value]

  init(host: Host, declaration: NodeDeclaration, count: Int, _ arguments: UnsafePointer<auscult_argument>?) {
    self.host = host
    self.declaration = declaration
    var values: [String: Value] = [:]
    for index in 0..<count {
      guard let argument = arguments?[index] else { break }
      values[String(cString: argument.name)] = Value(argument.value)
    }
    self.values = values
  }

  /// Whether the class has a parameter of this name.
  public func declares(_ name: String) -> Bool { declaration.parameters.contains { $0.name == name } }

  /// The value of a parameter; nil if the file gives none and there is no default.
  public subscript(_ name: String) -> Value? {
    precondition(declares(name), "undeclared parameter \(name)")
    return values[name]
  }

  /// A number in the parameter's own unit, or in another accepted unit if the file uses that one.
  public func number(_ name: String) -> Double {
    guard let number = self[name]?.number else { preconditionFailure("parameter \(name) has no number") }
    return number
  }
  public func integer(_ name: String) -> Int { Int(number(name)) }
  public func boolean(_ name: String) -> Bool { number(name) != 0 }
  public func text(_ name: String) -> String {
    guard let text = self[name]?.text else { preconditionFailure("parameter \(name) has no text") }
    return text
  }
  /// The texts of a list.
  public func texts(_ name: String) -> [String] { list(name).compactMap(\.text) }
  /// A list. A single value is a list of one; a missing value is an empty list.
  public func list(_ name: String) -> [Value] {
    guard let value = self[name] else { return [] }
    if case .list(let items) = value { return items }
    return [value]
  }
}

/// One value of a parameter.
public indirect enum Value: Sendable, Equatable {
  /// A number in the unit of the file: seconds, hertz, decibel, per cent, samples. Booleans are 0 or 1.
  case number(Double, ValueUnits)
  case text(String)
  case list([Value])
  case map([String: Value])

  init(_ value: auscult_value) {
    switch value.type {
    case AUSCULT_NUMBER, AUSCULT_INTEGER, AUSCULT_BOOLEAN:
      self = .number(value.number, ValueUnits(rawValue: value.unit))
    case AUSCULT_LIST:
      self = .list((0..<Int(value.count)).map { Value(value.items[$0]) })
    case AUSCULT_MAP:
      var map: [String: Value] = [:]
      for index in 0..<Int(value.count) { map[String(cString: value.keys[index]!)] = Value(value.items[index]) }
      self = .map(map)
    default:
      self = .text(value.text.map { String(cString: $0) } ?? "")
    }
  }

  public var number: Double? { if case .number(let number, _) = self { number } else { nil } }
  public var text: String? { if case .text(let text) = self { text } else { nil } }
  public var unit: ValueUnits { if case .number(_, let unit) = self { unit } else { .none } }
}

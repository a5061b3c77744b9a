import CNodeABI
import NodeHost

/// A parameter's value, as the host passes it after conversion.
public indirect enum Setting: ExpressibleByIntegerLiteral, ExpressibleByFloatLiteral, ExpressibleByStringLiteral,
  ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral
{
  case number(Double, UInt32)
  case boolean(Bool)
  case text(String)
  case list([Setting])
  case map([String: Setting])

  public init(integerLiteral value: Int) { self = .number(Double(value), AUSCULT_UNIT_NONE) }
  public init(floatLiteral value: Double) { self = .number(value, AUSCULT_UNIT_NONE) }
  public init(stringLiteral value: String) { self = .text(value) }
  public init(arrayLiteral elements: Setting...) { self = .list(elements) }
  public init(dictionaryLiteral elements: (String, Setting)...) { self = .map(.init(uniqueKeysWithValues: elements)) }

  public static func seconds(_ number: Double) -> Setting { .number(number, AUSCULT_UNIT_SECOND) }
  public static func hertz(_ number: Double) -> Setting { .number(number, AUSCULT_UNIT_HERTZ) }
  public static func decibels(_ number: Double) -> Setting { .number(number, AUSCULT_UNIT_DECIBEL) }
  public static func percent(_ number: Double) -> Setting { .number(number, AUSCULT_UNIT_PERCENT) }

  /// A value that the host has converted.
  public init(_ value: ParameterValue) {
    self =
      switch value {
      case .number(let number, let unit, _): .number(number, unit)
      case .boolean(let truth): .boolean(truth)
      case .text(let text): .text(text)
      case .list(let items): .list(items.map { Setting($0) })
      case .map(let items): .map(.init(uniqueKeysWithValues: items.map { ($0.0, Setting($0.1)) }))
      }
  }

  /// A value as a graph file writes it; lists in brackets.
  ///
  /// - Throws: `NodeRig.Failure` where the host would refuse it.
  public init(_ text: String, of parameter: Parameter) throws {
    do {
      guard text.hasPrefix("["), text.hasSuffix("]") else {
        self = Setting(try parameter.value(of: text))
        return
      }
      let items = text.dropFirst().dropLast().split(separator: ",").map { $0.drop { $0 == " " } }
      self = .list(try items.map { Setting(try parameter.value(of: String($0))) })
    } catch let problem as ParameterProblem {
      throw NodeRig.Failure(problem.message, parameter: parameter.name)
    }
  }

  /// The parameters of a class as a graph file writes them.
  ///
  /// - Throws: `NodeRig.Failure` for a parameter that the class does not have, and for a value that the host would
  ///   refuse.
  public static func typed(_ written: [String: String], _ nodeClass: NodeClass) throws -> [String: Setting] {
    var settings: [String: Setting] = [:]
    for (name, text) in written {
      guard let parameter = nodeClass.parameter(name) else {
        throw NodeRig.Failure("\(nodeClass.name) has no parameter \(name)")
      }
      settings[name] = try Setting(text, of: parameter)
    }
    return settings
  }

  /// In C's form.
  func native(_ memory: RigMemory) -> auscult_value {
    var value = auscult_value()
    value.size = UInt32(MemoryLayout<auscult_value>.size)
    switch self {
    case .number(let number, let unit):
      (value.type, value.number, value.unit) = (AUSCULT_NUMBER, number, unit)
      value.text = memory.text("\(number)")
    case .boolean(let truth): (value.type, value.number) = (AUSCULT_BOOLEAN, truth ? 1 : 0)
    case .text(let text): (value.type, value.text) = (AUSCULT_TEXT, memory.text(text))
    case .list(let items):
      (value.type, value.count) = (AUSCULT_LIST, UInt32(items.count))
      value.items = UnsafePointer(memory.array(items.map { $0.native(memory) }))
    case .map(let map):
      let sorted = map.sorted { $0.key < $1.key }
      (value.type, value.count) = (AUSCULT_MAP, UInt32(map.count))
      value.items = UnsafePointer(memory.array(sorted.map { $0.value.native(memory) }))
      value.keys = UnsafePointer(memory.array(sorted.map { Optional(memory.text($0.key)) }))
    }
    return value
  }
}

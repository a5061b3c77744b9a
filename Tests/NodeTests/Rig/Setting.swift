import CNodeABI
import Foundation

/// A parameter's value as a test gives it: what the host would pass after typing it.
indirect enum Setting: ExpressibleByIntegerLiteral, ExpressibleByFloatLiteral, ExpressibleByStringLiteral,
  ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral
{
  case number(Double, UInt32)
  case text(String)
  case list([Setting])
  case map([String: Setting])

  init(integerLiteral value: Int) { self = .number(Double(value), AUSCULT_UNIT_NONE) }
  init(floatLiteral value: Double) { self = .number(value, AUSCULT_UNIT_NONE) }
  init(stringLiteral value: String) { self = .text(value) }
  init(arrayLiteral elements: Setting...) { self = .list(elements) }
  init(dictionaryLiteral elements: (String, Setting)...) { self = .map(.init(uniqueKeysWithValues: elements)) }

  static func seconds(_ number: Double) -> Setting { .number(number, AUSCULT_UNIT_SECOND) }
  static func hertz(_ number: Double) -> Setting { .number(number, AUSCULT_UNIT_HERTZ) }
  static func decibels(_ number: Double) -> Setting { .number(number, AUSCULT_UNIT_DECIBEL) }
  static func percent(_ number: Double) -> Setting { .number(number, AUSCULT_UNIT_PERCENT) }

  /// A declared default: a number with or without a unit for numeric parameters, else text.
  init(initial text: String, of parameter: auscult_parameter) {
    if text.hasPrefix("[") {
      self = .list(
        text.dropFirst().dropLast().split(separator: ",").map { .text($0.trimmingCharacters(in: .whitespaces)) })
      return
    }
    let units: [String: (Double, UInt32)] = [
      "s": (1, AUSCULT_UNIT_SECOND), "ms": (1e-3, AUSCULT_UNIT_SECOND), "min": (60, AUSCULT_UNIT_SECOND),
      "Hz": (1, AUSCULT_UNIT_HERTZ), "kHz": (1e3, AUSCULT_UNIT_HERTZ), "rpm": (1 / 60.0, AUSCULT_UNIT_HERTZ),
      "dB": (1, AUSCULT_UNIT_DECIBEL), "%": (1, AUSCULT_UNIT_PERCENT), "": (1, parameter.unit),
    ]
    let parts = text.split(separator: " ", maxSplits: 1).map(String.init)
    guard parameter.type == AUSCULT_NUMBER || parameter.type == AUSCULT_INTEGER, let number = Double(parts[0]),
      let unit = units[parts.count > 1 ? parts[1] : ""]
    else {
      self = parameter.type == AUSCULT_BOOLEAN ? .number(text == "true" ? 1 : 0, 0) : .text(text)
      return
    }
    self = .number(number * unit.0, unit.1)
  }
}

/// Values in C's form, and the memory that they point to.
final class NativeArguments {
  private var owned: [UnsafeMutableRawPointer] = []
  private(set) var list: [auscult_argument] = []

  /// What a test gives, and the defaults of all others.
  init(_ nodeClass: auscult_class, _ settings: [String: Setting]) {
    for index in 0..<Int(nodeClass.parameter_count) {
      let parameter = nodeClass.parameters[index]
      let initial = parameter.initial.map { Setting(initial: String(cString: $0), of: parameter) }
      guard let setting = settings[String(cString: parameter.name)] ?? initial else { continue }
      list.append(auscult_argument(name: parameter.name, value: native(setting)))
    }
  }

  deinit { for pointer in owned { pointer.deallocate() } }

  private func native(_ setting: Setting) -> auscult_value {
    var value = auscult_value()
    value.size = UInt32(MemoryLayout<auscult_value>.size)
    switch setting {
    case .number(let number, let unit):
      (value.type, value.number, value.unit, value.text) = (AUSCULT_NUMBER, number, unit, text("\(number)"))
    case .text(let string):
      (value.type, value.text) = (AUSCULT_TEXT, text(string))
    case .list(let items):
      (value.type, value.count, value.items) = (AUSCULT_LIST, UInt32(items.count), array(items.map(native)))
    case .map(let map):
      let sorted = map.sorted { $0.key < $1.key }
      (value.type, value.count) = (AUSCULT_MAP, UInt32(map.count))
      value.items = array(sorted.map { native($0.value) })
      value.keys = array(sorted.map { Optional(text($0.key)) })
    }
    return value
  }

  func text(_ text: String) -> UnsafePointer<CChar> { array(text.utf8CString.map { $0 }) }

  func array<T>(_ values: [T]) -> UnsafePointer<T> {
    let memory = UnsafeMutablePointer<T>.allocate(capacity: max(1, values.count))
    memory.initialize(from: values, count: values.count)
    owned.append(UnsafeMutableRawPointer(memory))
    return UnsafePointer(memory)
  }
}

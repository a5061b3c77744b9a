import CNodeABI

/// The keys of a node that are not parameters.
public let reservedNodeKeys = ["type", "library", "thread", "isolate"]

/// Reads and checks one parameter record.
struct ParameterChecker {
  private let native: auscult_parameter
  private let index: Int
  private(set) var defects: [String] = []
  private var name = ""

  init(_ native: auscult_parameter, _ index: Int) {
    self.native = native
    self.index = index
  }

  /// The parameter, or nil if not even its name and type can be read.
  mutating func check() -> Parameter? {
    guard let name = text(native.name) else {
      defects.append("the name of parameter \(index) is a null pointer or not text")
      return nil
    }
    self.name = name
    if !isIdentifier(name) { refuse("its name is not a plain word") }
    if reservedNodeKeys.contains(name) { refuse("the name is a reserved key of every node") }
    guard let kind = Parameter.Kind(rawValue: native.type) else {
      refuse("its type \(native.type) is unknown")
      return nil
    }
    let isNumber = kind == .number || kind == .integer
    let flags = Parameter.Flags(rawValue: native.flags)
    if !Parameter.Flags.all.isSuperset(of: flags) { refuse("it has the unknown flags 0x\(hexadecimal(native.flags))") }
    checkUnits(isNumber: isNumber)
    checkRange(isNumber: isNumber)
    let summary = text(native.summary)
    if summary == nil { refuse("its summary is a null pointer or not text") }
    var parameter = Parameter(
      name: name, kind: kind, units: Parameter.Units(rawValue: native.units),
      unit: Parameter.Units(rawValue: native.unit), flags: flags, minimum: isNumber ? native.minimum : -.infinity,
      maximum: isNumber ? native.maximum : .infinity, initial: text(native.initial), choices: choices(kind),
      summary: summary ?? "")
    if defects.isEmpty { parameter.initialValue = checkedDefault(parameter) }
    return parameter
  }

  private mutating func refuse(_ defect: String) { defects.append("parameter '\(name)': \(defect)") }

  private mutating func checkUnits(isNumber: Bool) {
    let units = Parameter.Units(rawValue: native.units)
    if !Parameter.Units.all.isSuperset(of: units) { refuse("it has the unknown units 0x\(hexadecimal(native.units))") }
    if !isNumber && (native.units != 0 || native.unit != 0) { refuse("it has units, but is not a number") }
    if native.unit.nonzeroBitCount > 1 { refuse("a bare number would have several units") }
    if native.unit & ~native.units != 0 { refuse("the unit of a bare number is not among the units it takes") }
  }

  private mutating func checkRange(isNumber: Bool) {
    guard isNumber else { return }
    if native.minimum.isNaN || native.maximum.isNaN || native.minimum > native.maximum {
      refuse("its range from \(native.minimum) to \(native.maximum) is empty")
    }
  }

  private mutating func choices(_ kind: Parameter.Kind) -> [String] {
    let words = listedWords()
    switch kind {
    case .choice: if words.isEmpty && defects.isEmpty { refuse("it is a choice, but has no choices") }
    case .number, .integer: break
    default: if !words.isEmpty { refuse("it has choices, but is neither a choice nor a number") }
    }
    for word in duplicates(words) { refuse("it has the choice '\(word)' twice") }
    return words
  }

  private mutating func listedWords() -> [String] {
    guard let list = native.choices else { return [] }
    var words: [String] = []
    while let pointer = list[words.count] {
      guard let word = text(pointer), !word.isEmpty, words.count < mostChoices else {
        refuse("its choices are not a list of words that ends with a null pointer")
        return words
      }
      words.append(word)
    }
    return words
  }

  private mutating func checkedDefault(_ parameter: Parameter) -> ParameterValue? {
    guard native.initial != nil else { return nil }
    guard let initial = parameter.initial else {
      refuse("its default is not text")
      return nil
    }
    if parameter.flags.contains(.required) { refuse("it is required, yet has a default") }
    do {
      return try parameter.typedDefault(initial)
    } catch {
      refuse("its default '\(initial)' is refused: \(error.message)")
      return nil
    }
  }
}

private func hexadecimal(_ value: UInt32) -> String { String(value, radix: 16) }

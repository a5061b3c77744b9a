import JSONText
import NodeHost

/// The schema of one parameter's values.
struct ParameterSchema {
  private let parameter: Parameter

  init(_ parameter: Parameter) { self.parameter = parameter }

  var schema: JSONValue {
    var result: [String: JSONValue] = [
      "description": .text("\(parameter.summary) (\(parameter.structuredExpectation))"),
      "anyOf": .array(shapes + [["$ref": "#/$defs/reference"]]),
    ]
    if let initial = parameter.initial { result["default"] = .text(initial) }
    return .object(result)
  }

  private var shapes: [JSONValue] {
    let flags = parameter.flags
    let item: JSONValue = ["anyOf": .array(scalars + [["$ref": "#/$defs/reference"]])]
    let inner: JSONValue = ["type": "array", "items": item]
    var shapes: [JSONValue] = []
    if flags.contains(.list) || !flags.contains(.nested) { shapes += scalars }
    switch (flags.contains(.list), flags.contains(.nested)) {
    case (true, false): shapes.append(inner)
    case (false, true): shapes.append(["type": "array", "items": inner])
    case (true, true): shapes.append(["type": "array", "items": ["anyOf": [item, inner]]])
    case (false, false): break
    }
    if flags.contains(.byMachine) {
      shapes.append(["type": "object", "additionalProperties": ["anyOf": .array(shapes)]])
    }
    return shapes
  }

  private var scalars: [JSONValue] {
    switch parameter.kind {
    case .boolean: return [["enum": [true, false, "true", "false"]]]
    case .text, .inputPath, .outputPath: return [["$ref": "#/$defs/text"]]
    case .choice: return [words]
    case .number, .integer: return (parameter.choices.isEmpty ? [] : [words]) + [number, writtenNumber]
    }
  }

  private var number: JSONValue {
    var result: [String: JSONValue] = ["type": parameter.kind == .integer ? "integer" : "number"]
    if parameter.minimum.isFinite { result["minimum"] = plain(parameter.minimum) }
    if parameter.maximum.isFinite { result["maximum"] = plain(parameter.maximum) }
    return .object(result)
  }

  private var writtenNumber: JSONValue {
    let units = parameter.unitNames.sorted { $0.count > $1.count }
    let unit = units.isEmpty ? "" : " *(\(units.joined(separator: "|")))?"
    return ["type": "string", "pattern": .text(#"^[-+]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][-+]?[0-9]+)?"# + unit + "$")]
  }

  /// The accepted words, also as the number or boolean that YAML 1.2 makes of them.
  private var words: JSONValue {
    let typed: [JSONValue] = parameter.choices.compactMap { word in
      if let number = Double(word), number.isFinite { return plain(number) }
      return word == "true" || word == "false" ? .boolean(word == "true") : nil
    }
    return ["enum": .array(parameter.choices.map { .text($0) } + typed)]
  }
}

/// A whole number is written without a decimal point.
private func plain(_ number: Double) -> JSONValue {
  abs(number) < 0x1p53 && number == number.rounded() ? .integer(Int64(number)) : .number(number)
}

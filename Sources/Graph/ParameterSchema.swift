import NodeHost

/// The schema of one parameter's values.
struct ParameterSchema {
  private let parameter: Parameter

  init(_ parameter: Parameter) { self.parameter = parameter }

  var schema: SchemaValue {
    var result: [String: SchemaValue] = [
      "description": .text("\(parameter.summary) (\(parameter.structuredExpectation))"),
      "anyOf": .list(shapes + [["$ref": "#/$defs/reference"]]),
    ]
    if let initial = parameter.initial { result["default"] = .text(initial) }
    return .map(result)
  }

  private var shapes: [SchemaValue] {
    let flags = parameter.flags
    let item: SchemaValue = ["anyOf": .list(scalars + [["$ref": "#/$defs/reference"]])]
    let inner: SchemaValue = ["type": "array", "items": item]
    var shapes: [SchemaValue] = []
    if flags.contains(.list) || !flags.contains(.nested) { shapes += scalars }
    switch (flags.contains(.list), flags.contains(.nested)) {
    case (true, false): shapes.append(inner)
    case (false, true): shapes.append(["type": "array", "items": inner])
    case (true, true): shapes.append(["type": "array", "items": ["anyOf": [item, inner]]])
    case (false, false): break
    }
    if flags.contains(.byMachine) {
      shapes.append(["type": "object", "additionalProperties": ["anyOf": .list(shapes)]])
    }
    return shapes
  }

  private var scalars: [SchemaValue] {
    switch parameter.kind {
    case .boolean: return [["enum": [true, false, "true", "false"]]]
    case .text, .inputPath, .outputPath: return [["$ref": "#/$defs/text"]]
    case .choice: return [words]
    case .number, .integer: return (parameter.choices.isEmpty ? [] : [words]) + [number, writtenNumber]
    }
  }

  private var number: SchemaValue {
    var result: [String: SchemaValue] = ["type": parameter.kind == .integer ? "integer" : "number"]
    if parameter.minimum.isFinite { result["minimum"] = .number(parameter.minimum) }
    if parameter.maximum.isFinite { result["maximum"] = .number(parameter.maximum) }
    return .map(result)
  }

  private var writtenNumber: SchemaValue {
    let units = parameter.unitNames.sorted { $0.count > $1.count }
    let unit = units.isEmpty ? "" : " *(\(units.joined(separator: "|")))?"
    return ["type": "string", "pattern": .text(#"^[-+]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][-+]?[0-9]+)?"# + unit + "$")]
  }

  /// Words, and what YAML 1.2 makes of those that look like something else.
  private var words: SchemaValue {
    let typed: [SchemaValue] = parameter.choices.compactMap { word in
      if let number = Double(word), number.isFinite { return .number(number) }
      return word == "true" || word == "false" ? .boolean(word == "true") : nil
    }
    return ["enum": .list(parameter.choices.map { .text($0) } + typed)]
  }
}

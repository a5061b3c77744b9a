import LiveControl
import NodeHost
import RunControl

extension PluginCatalog {
  /// All that `nodes` prints.
  var json: JSONValue {
    [
      "search_path": .texts(searchPath), "classes": .array(describedClasses.map(\.json)),
      "problems": .array(problems.map { ["library": .text($0.path), "defects": .texts($0.defects)] }),
      "shadowed": .array(
        shadowed.map {
          .members([
            "library": .text($0.path), "class": $0.className.map { .text($0) }, "by": .text($0.by),
          ])
        }),
    ]
  }
}

extension NodeClass {
  var json: JSONValue {
    [
      "name": .text(name), "version": .text(version), "summary": .text(summary), "thread": .text(thread),
      "kinds": .texts(traitNames), "library": .text(library.path), "build": .text(library.buildID),
      "abi": .text(library.abiVersion), "inputs": .array(inputs.map(\.json)), "outputs": .array(outputs.map(\.json)),
      "parameters": .array(parameters.map(\.json)),
    ]
  }
}

extension Port {
  fileprivate var json: JSONValue {
    [
      "name": .text(name), "streams": .texts(kinds.words), "optional": .boolean(flags.contains(.optional)),
      "many": .boolean(flags.contains(.many)), "summary": .text(summary),
    ]
  }
}

extension Parameter {
  fileprivate var json: JSONValue {
    .members([
      "name": .text(name), "type": .text(typeName), "unit": unit == .none ? nil : .text(unit.symbol),
      "units": units == .none ? nil : .texts(units.symbols), "default": initial.map { .text($0) },
      "minimum": minimum.isFinite ? .number(minimum) : nil, "maximum": maximum.isFinite ? .number(maximum) : nil,
      "choices": choices.isEmpty ? nil : .texts(choices), "required": .boolean(flags.contains(.required)),
      "running": .boolean(flags.contains(.running)), "list": .boolean(flags.contains(.list)),
      "nested": .boolean(flags.contains(.nested)), "by_machine": .boolean(flags.contains(.byMachine)),
      "placement": .boolean(flags.contains(.placement)), "summary": .text(summary), "takes": .text(expectation),
    ])
  }

  private var typeName: String {
    switch kind {
    case .number: "number"
    case .integer: "integer"
    case .boolean: "boolean"
    case .text: "text"
    case .choice: "choice"
    case .inputPath: "input path"
    case .outputPath: "output path"
    }
  }
}

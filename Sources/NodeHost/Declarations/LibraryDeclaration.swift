import CNodeABI
import JSONText

/// What a library declares, as JSON: everything that a graph is checked against before an instance exists.
enum LibraryDeclaration {
  /// Abilities without functions, which a class has or not. Those with functions need the loaded library.
  static let abilities = [AUSCULT_PROGRAM, AUSCULT_CONTINUE]

  /// - Parameter build: the build of the file, so that the text does not stay behind in another one.
  static func text(_ library: PluginLibrary, build: String) -> [UInt8] {
    let version = library.abiVersion.split(separator: ".").compactMap { Int64($0) }
    let json: JSONValue = [
      "abi": .array(version.map { .integer($0) }), "file": .text(build), "build": .text(library.buildID),
      "classes": .array(library.classes.map(json)),
    ]
    return json.json
  }

  private static func json(_ nodeClass: NodeClass) -> JSONValue {
    [
      "name": .text(nodeClass.name), "version": .text(nodeClass.version), "summary": .text(nodeClass.summary),
      "hard": .boolean(nodeClass.isHard), "traits": .integer(Int64(nodeClass.traits.rawValue)),
      "abilities": .array(abilities.filter { nodeClass.ability($0) != nil }.map { .text($0) }),
      "inputs": .array(nodeClass.inputs.map(json)), "outputs": .array(nodeClass.outputs.map(json)),
      "parameters": .array(nodeClass.parameters.map(json)),
    ]
  }

  private static func json(_ port: Port) -> JSONValue {
    [
      "name": .text(port.name), "kinds": .integer(Int64(port.kinds.rawValue)),
      "flags": .integer(Int64(port.flags.rawValue)), "summary": .text(port.summary),
    ]
  }

  private static func json(_ parameter: Parameter) -> JSONValue {
    var members: [String: JSONValue] = [
      "name": .text(parameter.name), "type": .integer(Int64(parameter.kind.rawValue)),
      "units": .integer(Int64(parameter.units.rawValue)), "unit": .integer(Int64(parameter.unit.rawValue)),
      "flags": .integer(Int64(parameter.flags.rawValue)), "summary": .text(parameter.summary),
      "choices": .array(parameter.choices.map { .text($0) }),
    ]
    if parameter.minimum.isFinite { members["minimum"] = .number(parameter.minimum) }
    if parameter.maximum.isFinite { members["maximum"] = .number(parameter.maximum) }
    if let initial = parameter.initial { members["default"] = .text(initial) }
    return .object(members)
  }
}

import JSONText
import NodeHost

/// A JSON Schema (draft 2020-12) of graph files, made from the classes of a catalog. Editors use it to complete and
/// check them. It accepts every valid graph file; `check` also finds mistakes that depend on other values or on files.
///
/// Editors type values by YAML 1.2. So a number may be a number or, with a unit, text.
public struct GraphSchema: Sendable {
  private let classes: [NodeClass]

  public init(catalog: PluginCatalog) { classes = catalog.describedClasses }

  /// The schema's text; the same for the same classes.
  public var json: String { String(decoding: schema.jsonLines, as: UTF8.self) }

  private var schema: JSONValue {
    [
      "$schema": "https://json-schema.org/draft/2020-12/schema",
      "title": "Auscult graph",
      "description": "A graph of nodes that listen to machines",
      "type": "object",
      "required": ["graph"],
      "additionalProperties": false,
      "properties": [
        "graph": ["$ref": "#/$defs/text", "description": "The graph's name, and the JACK client's"],
        "description": ["$ref": "#/$defs/text"],
        "include": [
          "description": "Files whose nodes and links are part of this graph; relative to this file",
          "anyOf": .array(oneOrMore(["$ref": "#/$defs/text"])),
        ],
        "variables": [
          "description": "Values of ${name}", "type": "object",
          "additionalProperties": ["$ref": "#/$defs/text"],
        ],
        "nodes": [
          "type": "object", "propertyNames": ["pattern": #"^[^\s.:/>-][^\s.:/>]*$"#],
          "additionalProperties": ["$ref": "#/$defs/node"],
        ],
        "links": [
          "description": "Chains of nodes: a -> b.port",
          "anyOf": .array(oneOrMore(["type": "string", "pattern": #"->|\$\{"#])),
        ],
      ],
      "$defs": .object(definitions),
    ]
  }

  private var definitions: [String: JSONValue] {
    var result: [String: JSONValue] = [
      "text": ["type": ["string", "number", "boolean", "null"]],
      "reference": ["type": "string", "pattern": #"\$\{"#],
      "node": node,
    ]
    for nodeClass in classes { result["class." + nodeClass.name] = definition(nodeClass) }
    return result
  }

  /// A node's keys depend on its class. With `library`, or a variable as `type`, the schema can't know the class.
  private var node: JSONValue {
    let isKnown: JSONValue = [
      "properties": ["type": ["not": ["$ref": "#/$defs/reference"]]], "not": ["required": ["library"]],
    ]
    let choices: [JSONValue] = classes.map {
      [
        "if": ["properties": ["type": ["const": .text($0.name)]]],
        "then": ["$ref": .text("#/$defs/class.\($0.name)")],
      ]
    }
    return [
      "type": "object", "required": ["type"], "if": isKnown,
      "then": [
        "properties": ["type": ["enum": .array(classes.map { .text($0.name) })]], "allOf": .array(choices),
      ],
    ]
  }

  private func definition(_ nodeClass: NodeClass) -> JSONValue {
    var properties: [String: JSONValue] = [
      "type": ["const": .text(nodeClass.name)],
      "thread": [
        "description": "Thread that runs it; by default its class decides",
        "anyOf": [["enum": ["realtime", "worker"]], ["$ref": "#/$defs/reference"]],
      ],
      "isolate": ["enum": [true, false, "true", "false"]],
    ]
    for parameter in nodeClass.parameters { properties[parameter.name] = ParameterSchema(parameter).schema }
    let required = nodeClass.parameters.filter { $0.flags.contains(.required) }.map { JSONValue.text($0.name) }
    return [
      "description": .text(nodeClass.summary), "type": "object", "properties": .object(properties),
      "required": .array(["type"] + required), "additionalProperties": false,
    ]
  }
}

/// One value, or a list of such values.
func oneOrMore(_ one: JSONValue) -> [JSONValue] { [one, ["type": "array", "items": one]] }

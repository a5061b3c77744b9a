import JSONText
import NodeHost

/// A JSON Schema (draft 2020-12) of graph files, made from the classes of a catalog, so that editors complete and check
/// them. It accepts every valid graph file; what depends on other values or on files, `check` tells.
///
/// Editors see values as YAML 1.2 types them, so a number may come as a number or, with a unit, as text.
public struct GraphSchema: Sendable {
  private let classes: [NodeClass]

  public init(catalog: PluginCatalog) { classes = catalog.classes }

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
          "description": "What ${name} stands for in values", "type": "object",
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

  /// A node's keys depend on its class; with `library` or a variable for `type` the class can't be told here.
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
        "description": "Where it runs; left out: where it may",
        "anyOf": [["enum": ["realtime", "worker"]], ["$ref": "#/$defs/reference"]],
      ],
      "isolate": ["enum": [false, "false"]],
    ]
    for parameter in nodeClass.parameters { properties[parameter.name] = ParameterSchema(parameter).schema }
    let required = nodeClass.parameters.filter { $0.flags.contains(.required) }.map { JSONValue.text($0.name) }
    return [
      "description": .text(nodeClass.summary), "type": "object", "properties": .object(properties),
      "required": .array(["type"] + required), "additionalProperties": false,
    ]
  }
}

/// One, or a list of such.
func oneOrMore(_ one: JSONValue) -> [JSONValue] { [one, ["type": "array", "items": one]] }

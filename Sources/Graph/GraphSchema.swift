import Foundation
import NodeHost

/// A JSON Schema (draft 2020-12) of graph files, made from the classes of a catalog, so that editors complete and check
/// them. It accepts every valid graph file; what depends on other values or on files, `check` tells.
///
/// Editors see values as YAML 1.2 types them, so a number may come as a number or, with a unit, as text.
public struct GraphSchema: Sendable {
  private let classes: [NodeClass]

  public init(catalog: PluginCatalog) { classes = catalog.classes }

  /// The schema's text; the same for the same classes.
  public var json: String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    // It has nothing but text, finite numbers, lists and maps, which can't fail to encode.
    guard let data = try? encoder.encode(schema) else { preconditionFailure("the schema can't be encoded") }
    return String(decoding: data, as: UTF8.self)
  }

  private var schema: SchemaValue {
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
          "anyOf": .list(oneOrMore(["$ref": "#/$defs/text"])),
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
          "anyOf": .list(oneOrMore(["type": "string", "pattern": #"->|\$\{"#])),
        ],
      ],
      "$defs": .map(definitions),
    ]
  }

  private var definitions: [String: SchemaValue] {
    var result: [String: SchemaValue] = [
      "text": ["type": ["string", "number", "boolean", "null"]],
      "reference": ["type": "string", "pattern": #"\$\{"#],
      "node": node,
    ]
    for nodeClass in classes { result["class." + nodeClass.name] = definition(nodeClass) }
    return result
  }

  /// A node's keys depend on its class; with `library` or a variable for `type` the class can't be told here.
  private var node: SchemaValue {
    let isKnown: SchemaValue = [
      "properties": ["type": ["not": ["$ref": "#/$defs/reference"]]], "not": ["required": ["library"]],
    ]
    let choices: [SchemaValue] = classes.map {
      [
        "if": ["properties": ["type": ["const": .text($0.name)]]],
        "then": ["$ref": .text("#/$defs/class.\($0.name)")],
      ]
    }
    return [
      "type": "object", "required": ["type"], "if": isKnown,
      "then": [
        "properties": ["type": ["enum": .list(classes.map { .text($0.name) })]], "allOf": .list(choices),
      ],
    ]
  }

  private func definition(_ nodeClass: NodeClass) -> SchemaValue {
    var properties: [String: SchemaValue] = [
      "type": ["const": .text(nodeClass.name)],
      "thread": [
        "description": "Where it runs; left out: where it may",
        "anyOf": [["enum": ["realtime", "worker"]], ["$ref": "#/$defs/reference"]],
      ],
      "isolate": ["enum": [false, "false"]],
    ]
    for parameter in nodeClass.parameters { properties[parameter.name] = ParameterSchema(parameter).schema }
    let required = nodeClass.parameters.filter { $0.flags.contains(.required) }.map { SchemaValue.text($0.name) }
    return [
      "description": .text(nodeClass.summary), "type": "object", "properties": .map(properties),
      "required": .list(["type"] + required), "additionalProperties": false,
    ]
  }
}

/// One, or a list of such.
func oneOrMore(_ one: SchemaValue) -> [SchemaValue] { [one, ["type": "array", "items": one]] }

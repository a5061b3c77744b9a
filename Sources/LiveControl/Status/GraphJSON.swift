import GraphEngine
import NodeABI
import NodeHost
import RunControl

/// The answer of the control protocol's method `graph`.
extension RunFigures {
  /// Most bytes of the file's text: an answer is one line of the protocol.
  private static let mostText = 256 << 10

  var graphJSON: JSONValue {
    let kinds = Dictionary(statistics.nodes.map { ($0.name, $0.outputs) }) { $1 }
    let threads = Dictionary(statistics.nodes.map { ($0.name, $0.placement) }) { $1 }
    let text = source?.text(of: running)
    return .members([
      "graph": .text(graph), "description": running.description.isEmpty ? nil : .text(running.description),
      "file": source.map { .text($0.wholePath) }, "folder": source.map { .text($0.workingDirectory) },
      "generation": .integer(generation),
      "text": text.map { $0.utf8.count > Self.mostText ? .null : .text($0) } ?? .null,
      "nodes": .array(running.nodes.map { $0.json(thread: threads[$0.name]) }),
      "edges": .array(running.links.map { json($0, kinds) }),
    ])
  }

  private func json(_ link: Graph.Link, _ kinds: [String: [StreamKinds]]) -> JSONValue {
    let (from, to) = (running.nodes[link.from.node], running.nodes[link.to.node])
    let declared = from.nodeClass.outputs[link.from.port].kinds
    let outputs = kinds[from.name] ?? []
    let kind = outputs.indices.contains(link.from.port) ? outputs[link.from.port] : declared
    return .members([
      "from": ["node": .text(from.name), "port": .text(from.nodeClass.outputs[link.from.port].name)],
      "to": ["node": .text(to.name), "port": .text(to.nodeClass.inputs[link.to.port].name)],
      "kind": kind.words.first.map { .text($0) },
    ])
  }
}

extension Graph.Node {
  fileprivate func json(thread: String?) -> JSONValue {
    .members([
      "name": .text(name), "class": .text(nodeClass.name), "thread": thread.map { .text($0) },
      "outputs": .array(nodeClass.outputs.map { .text($0.name) }),
      "parameters": .array(nodeClass.parameters.map { $0.json(argument($0.name)) }),
    ])
  }
}

extension Parameter {
  /// With the value that it has now; a parameter without a value has none.
  fileprivate func json(_ argument: Graph.Argument?) -> JSONValue {
    .members([
      "name": .text(name), "value": argument.map { .text($0.value.written) },
      "running": .boolean(flags.contains(.running)), "unit": unit == .none ? nil : .text(unit.symbol),
      "minimum": minimum.isFinite ? .number(minimum) : nil, "maximum": maximum.isFinite ? .number(maximum) : nil,
      "choices": choices.isEmpty ? nil : .texts(choices), "help": .text(summary),
    ])
  }
}

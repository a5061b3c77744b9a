import GraphEngine
import GraphText
import Models
import Training

/// The graph with more machines: every source that listens has a multiple of its channels, and a model knows all of them.
struct RaisedGraph {
  private let graph: Graph
  /// The folder for models.
  private let folder: String
  /// Sources that listen, and the channels of each in the file.
  private let sources: [(node: Int, channels: Int)]

  /// - Throws: a `Failure` if no source of the graph listens.
  init(_ graph: Graph, folder: String) throws(Failure) {
    self.graph = graph
    self.folder = folder
    sources = graph.nodes.indices.compactMap { index in
      let node = graph.nodes[index]
      guard node.nodeClass.name == "source", case .number(let count, _, _)? = node.argument("channels")?.value else {
        return nil
      }
      return (index, Int(count))
    }
    guard !sources.isEmpty else {
      throw Failure("'\(graph.name)' has no source that listens: --machines has nothing to raise")
    }
  }

  /// Machines of the graph as it is.
  var machines: Int { sources.reduce(0) { $0 + $1.channels } }

  func times(_ factor: Int) throws(Failure) -> Graph {
    var result = graph
    guard factor > 1 else { return result }
    var names: [String: [String]] = [:]
    for (node, channels) in sources {
      let own = given(node, channels)
      let all = own + (2...factor).flatMap { copy in own.map { "\($0)-copy-\(copy)" } }
      for (index, name) in all.enumerated() { names[own[index % channels], default: []].append(name) }
      result.set(node, "channels", .number(Double(all.count), unit: 0, text: "\(all.count)"))
      result.set(node, "machines", .list(all.map { .text($0) }))
      // Ports of JACK do not matter here, and there would be too few.
      result.nodes[node].arguments.removeAll { $0.name == "connect" }
    }
    for index in result.nodes.indices { try raiseModel(&result, index, names, factor) }
    return result
  }

  private func given(_ node: Int, _ channels: Int) -> [String] {
    switch graph.nodes[node].argument("machines")?.value {
    case .text(let name)?: return [name]
    case .list(let items)? where !items.isEmpty:
      return items.compactMap { if case .text(let name) = $0 { name } else { nil } }
    default:
      let name = graph.nodes[node].name
      return channels == 1 ? [name] : (1...channels).map { "\(name)-\($0)" }
    }
  }

  /// Gives a detector a model in which each machine occurs under the names of its copies, too, with its own tensors.
  private func raiseModel(
    _ result: inout Graph, _ index: Int, _ names: [String: [String]], _ factor: Int
  ) throws(Failure) {
    guard result.nodes[index].nodeClass.traits.contains(.detector),
      case .text(let path)? = result.nodes[index].argument("model")?.value, !path.isEmpty
    else { return }
    do throws(ModelError) {
      var model = try ModelFile(path: path)
      let machines = model.machines
      for (number, machine) in machines.enumerated() {
        for name in (names[machine.name] ?? []).dropFirst() {
          var copy = machine
          copy.name = name
          let prefix = "\(number)."
          for (key, tensor) in model.tensors where key.hasPrefix(prefix) {
            model.tensors[ModelFile.tensorName(String(key.dropFirst(prefix.count)), machine: model.machines.count)] =
              tensor
          }
          model.machines.append(copy)
        }
      }
      let raised = "\(folder)/model-\(index)-\(factor).safetensors"
      try model.write(raised)
      result.set(index, "model", .text(raised))
    } catch {
      throw Failure(error.description)
    }
  }
}

import Glibc
import GraphEngine
import GraphText
import NodeHost
import OutputFiles
import Records
import RunControl
import Training

/// The graph of `auscult record`: sources, and one WAV file for each of their channels.
struct RecordingGraph {
  /// A channel that is recorded.
  struct Machine {
    var name: String
    /// The file, DIR/MACHINE/TIME.wav.
    var path: String
    fileprivate var source: Int
    fileprivate var channel: Int
  }

  /// A source of sound, from a graph file or from --connect.
  struct Source {
    /// Nil: made of `ports`.
    var node: Graph.Node?
    var ports: [String] = []
    var machines: [String]
  }

  let machines: [Machine]
  private let sources: [Source]

  /// - Parameter moment: nanoseconds since the Unix epoch; names the files.
  init(_ sources: [Source], into folder: String, at moment: Int64) throws(Failure) {
    self.sources = sources
    var machines: [Machine] = []
    for (index, source) in sources.enumerated() {
      for (channel, name) in source.machines.enumerated() {
        if machines.contains(where: { $0.name == name }) {
          throw Failure("two channels have the machine name '\(name)'; give each its own")
        }
        let path = "\(folder)/\(ClipName.escaped(name, most: 120))/\(ClipName.compact(moment)).wav"
        machines.append(Machine(name: name, path: path, source: index, channel: channel))
      }
    }
    self.machines = machines
  }

  /// The sources of a graph file.
  ///
  /// - Throws: `Failure`: there is none.
  static func sources(of graph: Graph) throws(Failure) -> [Source] {
    let found = graph.nodes.filter { $0.nodeClass.traits.contains(.source) }.map { node in
      var names: [String] = []
      switch node.argument("machines")?.value {
      case .text(let name)?: names = [name]
      case .list(let values)?: for case .text(let name) in values { names.append(name) }
      default: break
      }
      if case .text(let name)? = node.argument("machine")?.value, names.isEmpty { names = [name] }
      if names.isEmpty {
        var count = 1
        if case .number(let number, _, _)? = node.argument("channels")?.value { count = Int(number) }
        names = count == 1 ? [node.name] : (1...count).map { "\(node.name)-\($0)" }
      }
      return Source(node: node, machines: names)
    }
    if found.isEmpty { throw Failure("the graph '\(graph.name)' has no source to record") }
    return found
  }

  /// Makes the folders, and the graph that writes into them.
  func make(_ catalog: PluginCatalog) throws -> Graph {
    for machine in machines {
      do { try OutputFolder.makeAll(LinkedPath.split(machine.path).folder) } catch { throw Failure(error.description) }
    }
    var (graph, _) = try Graph.load(text: text, file: "record", catalog: catalog)
    for (index, source) in sources.enumerated() {
      guard var node = source.node, let place = graph.nodes.firstIndex(where: { $0.name == "source\(index)" }) else {
        continue
      }
      node.name = "source\(index)"
      node.location = graph.nodes[place].location
      graph.nodes[place] = node
      // Not after the new name.
      if node.nodeClass.parameter("machines") != nil {
        graph.set(place, "machines", .list(source.machines.map { .text($0) }))
      }
    }
    return graph
  }

  /// The graph as a file says it. Texts are JSON's, which YAML reads alike.
  private var text: String {
    var nodes = sources.enumerated().map { index, source in
      var words = ["type: source", "channels: \(source.machines.count)", "machines: \(list(source.machines))"]
      if !source.ports.isEmpty { words.append("connect: \(list(source.ports))") }
      return "  source\(index): { \(words.joined(separator: ", ")) }\n"
    }
    var links: [String] = []
    for (index, machine) in machines.enumerated() {
      nodes.append("  pick\(index): { type: channels, pick: \(machine.channel) }\n")
      nodes.append("  file\(index): { type: sink.wav, path: \(quoted(machine.path)) }\n")
      links.append("  - source\(machine.source) -> pick\(index) -> file\(index)\n")
    }
    return "graph: record\nnodes:\n\(nodes.joined())links:\n\(links.joined())"
  }

  private func list(_ texts: [String]) -> String { "[\(texts.map { quoted($0) }.joined(separator: ", "))]" }

  private func quoted(_ text: String) -> String { String(decoding: JSONValue.text(text).json, as: UTF8.self) }
}

import GraphEngine
import GraphText
import NodeHost

/// The part of a graph that makes features, with an array at each output that is asked for.
public struct FeatureGraph: Sendable {
  /// An output whose tokens are written.
  public struct Output: Sendable {
    public let node: String
    public let port: String
    /// The node that writes the array.
    public let sink: String
    /// Name of the array in the folder.
    public let array: String
    let end: Graph.Link.End
  }

  public let outputs: [Output]
  /// The graph that writes.
  public let graph: Graph

  /// - Parameters:
  ///   - names: nodes, or `NODE.PORT`; a detector stands for its input. Empty: the inputs of all detectors.
  ///   - folder: of the arrays.
  /// - Throws: `TrainingError`, `DiagnosticsError`.
  public init(_ original: Graph, names: [String], folder: String, catalog: PluginCatalog) throws {
    outputs = Self.named(try Self.chosen(original, names), original)
    graph = try Self.cut(original, outputs, folder, catalog)
  }

  // MARK: Which outputs

  private static func chosen(_ graph: Graph, _ names: [String]) throws -> [Graph.Link.End] {
    guard names.isEmpty else { return try distinct(names.map { try end($0, graph) }) }
    let detectors = graph.nodes.indices.filter { graph.nodes[$0].nodeClass.traits.contains(.detector) }
    guard !detectors.isEmpty else {
      throw TrainingError(
        "the graph '\(graph.name)' has no detector whose input could be written; say which node's output "
          + "with --node")
    }
    return distinct(detectors.compactMap { input(of: $0, graph) })
  }

  private static func distinct(_ ends: [Graph.Link.End]) -> [Graph.Link.End] {
    var seen: Set<Graph.Link.End> = []
    return ends.filter { seen.insert($0).inserted }
  }

  private static func input(of node: Int, _ graph: Graph) -> Graph.Link.End? {
    graph.links.first { $0.to.node == node }?.from
  }

  private static func end(_ name: String, _ graph: Graph) throws -> Graph.Link.End {
    let parts = name.split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
    guard let index = graph.nodes.firstIndex(where: { $0.name == parts[0] }) else {
      let hint = nearest(parts[0], among: graph.nodes.map(\.name)).map { "; did you mean '\($0)'?" } ?? ""
      throw TrainingError("the graph '\(graph.name)' has no node '\(parts[0])'\(hint)")
    }
    let node = graph.nodes[index]
    if parts.count == 1, node.nodeClass.traits.contains(.detector), let end = input(of: index, graph) { return end }
    let outputs = node.nodeClass.outputs.map(\.name)
    guard let port = parts.count == 1 ? outputs.indices.first : outputs.firstIndex(of: parts[1]) else {
      let list = outputs.isEmpty ? "it has no output" : "it has " + outputs.map { "'\($0)'" }.joined(separator: ", ")
      throw TrainingError(
        "node '\(node.name)' (\(node.nodeClass.name)) has no output"
          + (parts.count > 1 ? " '\(parts[1])': \(list)" : ""))
    }
    return .init(node: index, port: port)
  }

  private static func named(_ ends: [Graph.Link.End], _ graph: Graph) -> [Output] {
    ends.enumerated().map { number, end in
      let node = graph.nodes[end.node]
      let port = node.nodeClass.outputs[end.port].name
      let name = node.nodeClass.outputs.count > 1 ? "\(node.name).\(port)" : node.name
      return Output(node: node.name, port: port, sink: "auscult-array-\(number)", array: "\(name).npy", end: end)
    }
  }

  // MARK: The graph that writes

  private static func cut(
    _ original: Graph, _ outputs: [Output], _ folder: String, _ catalog: PluginCatalog
  ) throws -> Graph {
    let kept = Set(outputs.flatMap { [$0.end.node] + original.ancestors(of: $0.end.node) }).sorted()
    let places = Dictionary(uniqueKeysWithValues: kept.enumerated().map { ($1, $0) })
    var graph = original
    graph.nodes = kept.map { original.nodes[$0] }
    graph.links = original.links.compactMap { link in
      guard let from = places[link.from.node], let to = places[link.to.node] else { return nil }
      return Graph.Link(
        from: .init(node: from, port: link.from.port), to: .init(node: to, port: link.to.port), location: link.location)
    }
    let sink = try sink(catalog)
    for output in outputs {
      let from = places[output.end.node]!
      graph.nodes.append(
        Graph.Node(
          name: output.sink, nodeClass: sink.nodeClass, arguments: sink.arguments, placement: .automatic,
          location: graph.nodes[from].location))
      graph.set(graph.nodes.count - 1, "path", .text("\(folder)/\(output.array)"))
      graph.links.append(
        Graph.Link(
          from: .init(node: from, port: output.end.port), to: .init(node: graph.nodes.count - 1, port: 0), location: nil
        ))
    }
    return graph
  }

  /// A node that writes an array in place of an earlier one.
  private static func sink(_ catalog: PluginCatalog) throws -> Graph.Node {
    let text = """
      graph: features
      nodes:
        sound: { type: source }
        array: { type: sink.npy, path: array.npy, append: false }
      links: [ sound -> array ]
      """
    return try Graph.load(text: text, file: "features", catalog: catalog).graph.nodes[1]
  }
}

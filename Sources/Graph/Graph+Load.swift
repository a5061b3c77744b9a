import GraphText
import NodeHost

extension Graph {
  /// Reads a graph file and the files that it includes.
  ///
  /// - Parameters:
  ///   - file: absolute, or relative to the working directory of the options.
  ///   - overrides: `node.parameter=value`; each replaces the file's value.
  /// - Throws: all errors of all files in one `DiagnosticsError`.
  /// - Returns: the graph, and warnings.
  public static func load(
    file: String, catalog: PluginCatalog, overrides: [String] = [], options: GraphOptions = GraphOptions()
  ) throws(DiagnosticsError) -> (graph: Graph, warnings: [Diagnostic]) {
    try load(file, text: nil, catalog, overrides, options)
  }

  /// Reads a graph from text. `file` is its name in diagnostics; paths in it are relative to that file.
  public static func load(
    text: String, file: String = "graph.yaml", catalog: PluginCatalog, overrides: [String] = [],
    options: GraphOptions = GraphOptions()
  ) throws(DiagnosticsError) -> (graph: Graph, warnings: [Diagnostic]) {
    try load(file, text: text, catalog, overrides, options)
  }

  private static func load(
    _ file: String, text: String?, _ catalog: PluginCatalog, _ overrides: [String], _ options: GraphOptions
  ) throws(DiagnosticsError) -> (graph: Graph, warnings: [Diagnostic]) {
    let (document, collector) = GraphDocument.load(
      file, text: text, overrides: overrides.map { OverrideText($0) } + options.laterOverrides,
      environment: options.environment, contents: options.contents, workingDirectory: options.workingDirectory)
    var builder = GraphBuilder(document, catalog, options, collector)
    let (nodes, links) = builder.build()
    let diagnostics = builder.collector.finished()
    guard !builder.collector.hasErrors else { throw DiagnosticsError(diagnostics) }
    let graph = Graph(
      name: document.name?.text ?? "", description: document.description ?? "", nodes: nodes, links: links,
      file: text == nil ? file : nil, sources: builder.collector.sources, contents: document.contents,
      isPartial: builder.isPartial, namedLibraries: builder.namedLibraries)
    return (graph, diagnostics)
  }
}

/// Checks a document against the node classes: first the nodes, then the links, then the whole graph.
struct GraphBuilder {
  let document: GraphDocument
  let catalog: PluginCatalog
  let options: GraphOptions
  var collector: DiagnosticCollector
  /// A library or program that the graph names must not run.
  var isPartial = false
  var namedLibraries: [String] = []
  /// What the files of such libraries declare, by path.
  var declared: [String: PluginLibrary.Declarations] = [:]
  var warned: Set<String> = []

  init(
    _ document: GraphDocument, _ catalog: PluginCatalog, _ options: GraphOptions, _ collector: DiagnosticCollector
  ) {
    self.document = document
    self.catalog = catalog
    self.options = options
    self.collector = collector
  }

  mutating func build() -> ([Graph.Node], [Graph.Link]) {
    let nodes = document.nodes.map { buildNode($0) }
    let links = buildLinks(nodes)
    checkConnections(nodes, links)
    checkCycles(links, count: nodes.count)
    return (nodes.compactMap { $0 }, renumbered(links, nodes))
  }

  /// The links, whose ends count the nodes of the document, without those that are not known.
  private func renumbered(_ links: [Graph.Link], _ nodes: [Graph.Node?]) -> [Graph.Link] {
    let known = nodes.indices.filter { nodes[$0] != nil }
    if known.count == nodes.count { return links }
    let numbers = Dictionary(uniqueKeysWithValues: known.enumerated().map { ($1, $0) })
    return links.compactMap { link in
      guard let from = numbers[link.from.node], let to = numbers[link.to.node] else { return nil }
      var link = link
      (link.from.node, link.to.node) = (from, to)
      return link
    }
  }
}

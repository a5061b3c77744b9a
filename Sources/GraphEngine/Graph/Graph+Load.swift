import GraphText
import NodeHost

extension Graph {
  /// Reads a graph file and all that it includes.
  ///
  /// - Parameters:
  ///   - overrides: `node.parameter=value`, each of which wins over the file.
  /// - Throws: every error of every file at once.
  /// - Returns: the graph, and warnings.
  public static func load(
    file: String, catalog: PluginCatalog, overrides: [String] = [], options: GraphOptions = GraphOptions()
  ) throws(DiagnosticsError) -> (graph: Graph, warnings: [Diagnostic]) {
    throw DiagnosticsError([])
  }

  /// Reads a graph from text; `file` is what diagnostics call it, and what paths in it are relative to.
  public static func load(
    text: String, file: String = "graph.yaml", catalog: PluginCatalog, overrides: [String] = [],
    options: GraphOptions = GraphOptions()
  ) throws(DiagnosticsError) -> (graph: Graph, warnings: [Diagnostic]) {
    throw DiagnosticsError([])
  }
}

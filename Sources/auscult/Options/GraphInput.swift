import ArgumentParser
import GraphEngine
import GraphText
import NodeHost

/// A graph file, what is to be different from it, and where its node classes are.
struct GraphInput: ParsableArguments {
  @Argument(help: "The graph file.", completion: .file(extensions: ["yaml", "yml"]))
  var graph: String

  @OptionGroup var changes: GraphChanges

  /// Reads the graph and says what is odd about it. A missing model is an error.
  func load(catalog: PluginCatalog? = nil, console: Console) throws(DiagnosticsError) -> Graph {
    try changes.load(graph, catalog: catalog ?? changes.catalog.load(), console: console, options: GraphOptions())
  }
}

/// What applies to a graph file.
struct GraphChanges: ParsableArguments {
  @Option(
    name: .customLong("set"),
    help: ArgumentHelp(
      "A parameter's value in place of the file's: --set judge.threshold=0.5. May be given again.",
      valueName: "node.parameter=value"))
  var overrides: [String] = []

  @OptionGroup var catalog: CatalogOptions
  @OptionGroup var memory: MemoryOptions

  func load(
    _ file: String, catalog: PluginCatalog, console: Console, options: GraphOptions
  ) throws(DiagnosticsError) -> Graph {
    let (graph, warnings) = try Graph.load(file: file, catalog: catalog, overrides: overrides, options: options)
    console.show(warnings)
    return graph
  }
}

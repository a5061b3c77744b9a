import ArgumentParser
import GraphEngine
import GraphText
import NodeHost

/// A graph file, overrides of its parameters, and the folders of its node classes.
struct GraphInput: ParsableArguments {
  @Argument(help: "The graph file.", completion: .graphFile)
  var graph: String

  @OptionGroup var changes: GraphChanges

  /// Reads the graph and prints its warnings. A missing model is an error.
  func load(catalog: PluginCatalog? = nil, console: Console) throws(DiagnosticsError) -> Graph {
    try changes.load(graph, catalog: catalog ?? changes.catalog.load(), console: console, options: GraphOptions())
  }
}

/// Overrides and plugin folders of a graph file.
struct GraphChanges: ParsableArguments {
  @Option(
    name: .customLong("set"),
    help: ArgumentHelp(
      "A parameter's value in place of the file's: --set judge.threshold=0.5. Repeatable.",
      valueName: "node.parameter=value"), completion: .overrides)
  var overrides: [String] = []

  @OptionGroup var catalog: CatalogOptions
  @OptionGroup var memory: MemoryOptions

  func load(
    _ file: String, catalog: PluginCatalog, console: Console, options: GraphOptions
  ) throws(DiagnosticsError) -> Graph {
    let (graph, warnings) = try Graph.load(file: file, catalog: catalog, overrides: overrides, options: options)
    console.show(warnings)
    for exposure in graph.exposures { console.warning(exposure.description) }
    return graph
  }
}

extension Graph {
  /// What is wrong with the rights of the libraries that the file names.
  var exposures: [Exposure] {
    var search = ExposureSearch()
    search.add(files: namedLibraries)
    return search.found
  }
}

import ArgumentParser
import GraphEngine
import GraphText

/// `auscult graph`
struct GraphPicture: ParsableCommand {
  enum Format: String, ExpressibleByArgument, CaseIterable { case dot, svg }

  static let configuration = CommandConfiguration(
    commandName: "graph",
    abstract: "Draws a graph.",
    discussion: """
      Boxes are nodes. One frame contains the nodes of the realtime thread, another one those of the workers. Links show \
      the format of their stream. SVG needs the program `dot` of Graphviz.

      Libraries and programs that the graph names are not run, as in `auscult check`: the picture then has neither \
      threads nor formats, unless with --load.

      Examples:
        auscult graph fan.yaml --format svg > fan.svg
        auscult graph fan.yaml | dot -Tpdf > fan.pdf
      """)

  @OptionGroup var input: GraphInput

  @Option(help: "Graphviz's language, or a picture.") var format = Format.dot

  @Option(help: "Frames per second of the driver.") var rate = Rate(48000)

  @Flag(help: "Load the libraries and start the programs that the graph names. This runs their code.")
  var load = false

  func run() throws {
    var reading = GraphOptions(missingFilesAreErrors: false)
    reading.runsNamedCode = load
    let graph = try input.changes.load(
      input.graph, catalog: input.changes.catalog.load(), console: .plain, options: reading)
    let dot = DotText(graph, nodes: graph.isPartial ? [] : try nodes(graph)).text
    Output.data(format == .dot ? dot : try Graphviz.svg(dot))
  }

  private func nodes(_ graph: Graph) throws -> [NodeDescription] {
    var options = EngineOptions()
    options.outputs.looksForWriters = false
    return try Engine(graph: graph, options: options).check(rate: rate.number)
  }
}

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

      Examples:
        auscult graph fan.yaml --format svg > fan.svg
        auscult graph fan.yaml | dot -Tpdf > fan.pdf
      """)

  @OptionGroup var input: GraphInput

  @Option(help: "Graphviz's language, or a picture.") var format = Format.dot

  @Option(help: "Frames per second of the driver.") var rate = Rate(48000)

  func run() throws {
    let graph = try input.changes.load(
      input.graph, catalog: input.changes.catalog.load(), console: .plain,
      options: GraphOptions(missingFilesAreErrors: false))
    var options = EngineOptions()
    options.outputs.looksForWriters = false
    let dot = DotText(graph, nodes: try Engine(graph: graph, options: options).check(rate: rate.number)).text
    Output.data(format == .dot ? dot : try Graphviz.svg(dot))
  }
}

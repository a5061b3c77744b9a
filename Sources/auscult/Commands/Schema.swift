import ArgumentParser
import GraphEngine

/// `auscult schema`
struct Schema: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "schema",
    abstract: "Prints a JSON Schema of graph files.",
    discussion: """
      With the schema, editors complete and check graph files. It describes the node classes that were found.

      Examples:
        auscult schema > auscult.schema.json
        # yaml-language-server: $schema=auscult.schema.json     as the first line of a graph file
      """)

  @OptionGroup var catalog: CatalogOptions

  func run() throws {
    Output.data(GraphSchema(catalog: catalog.load(isDescribed: true)).json + "\n")
  }
}

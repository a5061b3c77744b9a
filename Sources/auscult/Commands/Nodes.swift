import ArgumentParser
import GraphText
import NodeHost
import RunControl

/// `auscult nodes`
struct Nodes: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "nodes",
    abstract: "Lists node classes, or shows one with its ports and parameters.",
    discussion: """
      Examples:
        auscult nodes                        all classes, and the libraries that they come from
        auscult nodes mel                    one class: ports, parameters, defaults, ranges
        auscult nodes --json | jq -r '.classes[].name'
      """)

  @Argument(help: ArgumentHelp("A node class.", valueName: "class"), completion: .nodeClasses)
  var className: String?

  @OptionGroup var catalog: CatalogOptions

  @Flag(help: "Print one JSON object.") var json = false

  func run() throws {
    let catalog = catalog.load(isDescribed: className == nil)
    guard let className else { return list(catalog) }
    guard let nodeClass = catalog.described(className) else { throw unknown(className, catalog) }
    if json { Output.line(nodeClass.json) } else { Output.line(ClassText(nodeClass).text) }
  }

  private func list(_ catalog: PluginCatalog) {
    if json { return Output.line(catalog.json) }
    var table = Table([("class", .left), ("thread", .left), ("streams", .left), ("library", .left), ("summary", .left)])
    let classes = catalog.describedClasses
    for nodeClass in classes {
      table.add([
        nodeClass.name, nodeClass.thread, nodeClass.streams, nodeClass.libraryName, nodeClass.summary,
      ])
    }
    Output.line(table.text)
    for shadowed in catalog.shadowed { Console.plain.warning(shadowed.line) }
    if classes.isEmpty {
      let folders = catalog.searchPath.joined(separator: ", ")
      Console.plain.warning("no plugins in \(folders); give a folder with --plugin-path")
    }
  }

  private func unknown(_ name: String, _ catalog: PluginCatalog) -> Failure {
    let suggestion = nearest(name, among: catalog.classNames).map { "; did you mean '\($0)'?" } ?? ""
    return Failure("there is no node class '\(name)'\(suggestion)", advice: "`auscult nodes` lists all of them")
  }
}

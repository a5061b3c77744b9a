import ArgumentParser
import NodeHost
import SystemCalls
import TextEscapes

/// `auscult new-node`
struct NewNode: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "new-node",
    abstract: "Writes a folder with a detector of your own, to build and to change.",
    discussion: """
      The folder has the source of a short detector that can be trained, a script that builds it, a graph with its \
      expected scores, and a README that says what to type. docs/PLUGINS.md is the guide.

      Examples:
        auscult new-node pump-watch --language c
        cd pump-watch && ./build && ./check
        auscult conformance libauscult-pump-watch.so
        auscult run check.yaml --start-server --watch-plugins --plugin-path .

      Swift, C, C++ and Rust make a plugin. Python makes a program for `detector.process`, which runs it in a process of \
      its own. Exit status: 0 done, 1 failed, 64 usage.
      """)

  @Argument(help: ArgumentHelp("The node's name: \(NodeFolder.nameRule).")) var name: String

  @Option(help: "swift, c, cxx, rust or python.") var language: NodeLanguage

  @Option(help: ArgumentHelp("Where to make the folder.", valueName: "folder"), completion: .directory)
  var into = "."

  @OptionGroup var catalog: CatalogOptions

  func validate() throws {
    guard NodeFolder.isValid(name) else {
      throw ValidationError("The name '\(name)' is wrong: give \(NodeFolder.nameRule).")
    }
  }

  func run() throws {
    if language.makesPlugin { try checkName() }
    let folder = NodeFolder(name: name, language: language, path: into == "." ? name : "\(into)/\(name)")
    try folder.write(try AuthorKit(for: language))
    Output.line(next(folder))
    if ExternalProgram(language.tool) == nil {
      Console.plain.warning("there is no \(language.tool), which the node needs; \(language.toolAdvice)")
    }
  }

  /// A second class or library of a name would hide the first.
  private func checkName() throws {
    let catalog = catalog.load()
    let advice = "choose another name"
    if name == "nodekit" { throw Failure("'nodekit' is the name of Auscult's own package", advice: advice) }
    if let known = catalog["detector.\(name)"] {
      throw Failure("there is a class 'detector.\(name)' already, in \(known.libraryName)", advice: advice)
    }
    if let known = catalog.classes.first(where: { $0.libraryName == "libauscult-\(name).so" }) {
      throw Failure("there is a library \(known.libraryName) already, with '\(known.name)'", advice: advice)
    }
  }

  private func next(_ folder: NodeFolder) -> String {
    let count = language.files.count
    var lines = ["\(folder.path.shown): a detector in \(language.name), \(count) files; change \(language.source)"]
    lines.append("  cd \(ShellText.word(folder.path))")
    if language.makesPlugin { lines.append("  ./build") }
    lines.append("  ./check")
    if language.makesPlugin { lines.append("  auscult conformance libauscult-\(name).so") }
    return lines.joined(separator: "\n")
  }
}

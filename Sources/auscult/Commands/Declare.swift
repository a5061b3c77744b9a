import ArgumentParser
import NodeHost

/// `auscult declare`
struct Declare: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "declare",
    abstract: "Writes what plugins declare into a section of their files.",
    discussion: """
      Do this after linking. With the section, `check`, `nodes` and `schema` know classes, ports and parameters without \
      running any code of the plugin, and a start opens only the plugins that its graph uses. The command loads each \
      plugin, in a child process first. The plugin's code and build id stay the same.

      Examples:
        auscult declare libauscult-tremolo.so
        auscult declare /usr/local/lib/auscult/libauscult-*.so

      Exit status 1 if a plugin can't be loaded or written; the others are written.
      """)

  @Argument(help: ArgumentHelp("Plugins.", valueName: "library"), completion: .file(extensions: ["so"]))
  var libraries: [String]

  func run() throws {
    let catalog = PluginCatalog(searchPath: [], probe: PluginProbe(executable: "/proc/self/exe"))
    var hasFailed = false
    for path in libraries {
      do throws(PluginProblem) {
        let library = try catalog.load(library: path)
        let isNew = try library.writeDeclarations()
        let classes = Quantity.count(library.classes.count, "node class", "node classes")
        Output.line("\(path.shown): \(classes)\(isNew ? "" : ", as before")")
      } catch {
        Console.plain.error(error.description)
        hasFailed = true
      }
    }
    if hasFailed { throw ExitCode.failure }
  }
}

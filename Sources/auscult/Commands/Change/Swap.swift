import ArgumentParser
import LiveControl

/// `auscult swap`
struct Swap: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "swap",
    abstract: "Replaces a node of a running graph: another class, library or parameter.",
    discussion: """
      The new node runs next to the old one until it yields valid tokens, then takes over at one frame position: every \
      slice is judged once, by the old node or by the new one. The keys given here override the graph's file. With \
      another `type`, parameters of the file that the new class does not have are ignored. Without any key, the node's \
      library is loaded again, if it was rebuilt.

      Examples:
        auscult swap judge type=detector.level
        auscult swap judge learn=2min --dry-run
        auscult swap judge library=./libauscult-mine.so type=detector.mine
        auscult swap judge                            after a rebuild of its library

      Exit status: 0 done; 1 nothing was changed; 64 usage.
      """)

  @Argument(help: "The node's name.", completion: .runningNodes) var node: String

  @Argument(
    help: ArgumentHelp("type=CLASS, library=FILE, or a parameter.", valueName: "key=value"),
    completion: .runningValues)
  var values: [String] = []

  @OptionGroup var options: ChangeOptions

  func validate() throws { try checkValues(values) }

  func run() throws {
    var request = ChangeRequest(.swap)
    (request.node, request.values) = (node, values)
    try options.run(request)
  }
}

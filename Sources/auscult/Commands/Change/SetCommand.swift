import ArgumentParser
import LiveControl

/// `auscult set`
struct SetCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "set",
    abstract: "Changes a parameter of a node while it runs.",
    discussion: """
      `auscult nodes CLASS` marks the parameters that may change while the node runs. For all others use \
      `auscult swap`, which replaces the node.

      Examples:
        auscult set louder gain=0.5
        auscult set louder gain=0.5 --graph through

      Exit status: 0 done; 1 nothing was changed; 64 usage.
      """)

  @Argument(help: "The node's name.", completion: .runningNodes) var node: String

  @Argument(help: ArgumentHelp("A parameter.", valueName: "key=value"), completion: .runningValues)
  var values: [String]

  @OptionGroup var options: ChangeOptions

  func validate() throws { try checkValues(values) }

  func run() throws {
    var request = ChangeRequest(.set)
    (request.node, request.values) = (node, values)
    try options.run(request)
  }
}

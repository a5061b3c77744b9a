import ArgumentParser
import GraphText
import JACKDriver

/// Options of a run on JACK.
struct LiveOptions: ParsableArguments {
  enum Origin: String, ExpressibleByArgument, CaseIterable {
    case firstCycle = "first-cycle"
    case transport
  }

  @Option(help: "Name of the JACK client, and of the run for `auscult status` and `stop` (default: the graph's).")
  var name: String?

  @Option(help: "Name of the JACK server (default: $JACK_DEFAULT_SERVER, or JACK's own default).")
  var server: String?

  @Flag(
    help: """
      Start a private JACK server without a sound card, named by --server or automatically; it ends with the run. --rate \
      and --period apply to the server.
      """)
  var startServer = false

  @Flag(help: "Wait for the JACK server, at the start and when it shuts down, and continue when it is back.")
  var reconnect = false

  @Option(
    help: ArgumentHelp(
      "The cycle with frame position 0: the first one, or the first in which JACK's transport rolls. Earlier cycles are "
        + "not processed."))
  var origin: Origin?

  @Flag(help: "Apply the graph file whenever it, or a file that it includes, is saved.")
  var watch = false

  @Flag(help: "Swap the nodes of a plugin whenever it is rebuilt.")
  var watchPlugins = false

  func validate() throws {
    if let name, !GraphName.isValid(name) {
      throw ValidationError("--name: \(quoted(name)) can't be the name of a run: \(GraphName.rule)")
    }
  }

  /// The options that were given, for messages.
  var given: [String] {
    [
      name == nil ? nil : "--name", server == nil ? nil : "--server", startServer ? "--start-server" : nil,
      reconnect ? "--reconnect" : nil, origin == nil ? nil : "--origin", watch ? "--watch" : nil,
      watchPlugins ? "--watch-plugins" : nil,
    ].compactMap { $0 }
  }
}

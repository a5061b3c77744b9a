import ArgumentParser
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
      Start a private JACK server without a sound card, under the name of --server or one of its own; it ends with the \
      run. --rate and --period are the server's.
      """)
  var startServer = false

  @Flag(help: "When the server shuts down, wait for it to come back and go on.")
  var reconnect = false

  @Option(
    help: ArgumentHelp(
      "Which cycle has frame position 0: the first one, or the first in which JACK's transport rolls; nothing is "
        + "processed before it."))
  var origin: Origin?

  @Flag(help: "Apply the graph file, and what it includes, whenever it is saved.")
  var watch = false

  @Flag(help: "Swap the nodes of a plugin whenever it is rebuilt.")
  var watchPlugins = false

  /// What was given, for messages; empty: nothing.
  var given: [String] {
    [
      name == nil ? nil : "--name", server == nil ? nil : "--server", startServer ? "--start-server" : nil,
      reconnect ? "--reconnect" : nil, origin == nil ? nil : "--origin", watch ? "--watch" : nil,
      watchPlugins ? "--watch-plugins" : nil,
    ].compactMap { $0 }
  }
}

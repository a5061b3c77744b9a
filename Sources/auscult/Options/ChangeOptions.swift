import ArgumentParser
import FoundationEssentials
import Glibc
import LiveControl
import RunControl

/// Options of every command that changes a running graph.
struct ChangeOptions: ParsableArguments {
  @Option(
    name: .customLong("graph"),
    help: ArgumentHelp("The running graph's name (default: the only running graph).", valueName: "name"),
    completion: .runningGraphs)
  var graph: String?

  @Flag(name: .customLong("dry-run"), help: "Only print what would happen to every node.")
  var isDryRun = false

  @Option(
    help: ArgumentHelp("How long creating and activating new nodes may take (default: 10 s).", valueName: "time"))
  var timeout: Seconds?

  @Flag(help: "Print one JSON object, diagnostics included.") var json = false

  /// Requests the change, and reports its progress.
  func run(_ request: ChangeRequest) throws {
    var request = request
    request.isDryRun = isDryRun
    request.timeout = timeout?.number
    request.folder = request.values.isEmpty ? nil : FileManager.default.currentDirectoryPath
    try reporting(Console(level: .info, isJSON: false)) {
      let name = try RunLookup.name(graph, for: request.kind.rawValue)
      let isDone = try RunLookup.client(name) { client in
        try ChangeClient(client, isJSON: json).follow(request)
      }
      if !isDone { throw ExitCode.failure }
    }
  }
}

/// A node and its new values, for `swap`, `set` and `shadow`.
func checkValues(_ values: [String]) throws {
  for value in values {
    guard let equals = value.firstIndex(of: "="), equals != value.startIndex else {
      throw ValidationError("'\(value)' is not of the form key=value.")
    }
  }
}

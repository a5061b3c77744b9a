import ArgumentParser
import FoundationEssentials
import Glibc
import LiveControl

/// `auscult apply`
struct Apply: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "apply",
    abstract: "Changes a running graph to match a file, without losing a sample.",
    discussion: """
      Prints what happens to every node: kept with its state, retuned in place, re-warmed (a new node runs next to the \
      old one until it yields valid tokens), added, removed. Then waits for the exchange, and prints its frame position \
      and the duration of each phase. The default file is the one that the graph came from.

      If the file has an error, or a node can't be created, the running graph does not change. When a new node fails or \
      takes too long within five seconds of sound, the old graph returns. Changes by `swap` and `set` still override the \
      file, unless --fresh is given.

      Examples:
        auscult apply                         the file was edited
        auscult apply --dry-run               what would happen?
        auscult apply quieter.yaml --graph fan-watch

      Exit status: 0 done; 1 nothing was changed; 64 usage.
      """)

  @Argument(help: "The graph file.", completion: .graphFile) var file: String?

  @Flag(name: .customLong("fresh"), help: "Drop the changes by `swap` and `set` since the run began.")
  var isFresh = false

  @OptionGroup var options: ChangeOptions

  func run() throws {
    var request = ChangeRequest(.apply)
    request.file = file.map { $0.hasPrefix("/") ? $0 : FileManager.default.currentDirectoryPath + "/" + $0 }
    request.isFresh = isFresh
    try options.run(request)
  }
}

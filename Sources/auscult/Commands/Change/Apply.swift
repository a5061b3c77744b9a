import ArgumentParser
import Foundation
import LiveControl

/// `auscult apply`
struct Apply: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Changes a running graph into what a file says, without losing a sample.",
    discussion: """
      Says what happens to every node: kept with its state, retuned in place, re-warmed (a new one runs beside the old \
      one until it yields valid tokens), added, removed. Then it waits for the exchange, and says at which frame \
      position it was and how long each phase took. Without a file: the one that the graph came from.

      A mistake in the file, or a node that can't be made, leaves the running graph as it is. A new node that fails or \
      takes too long within five seconds of sound is taken back. What `swap` and `set` changed goes on to win over the \
      file, unless --fresh is given.

      Examples:
        auscult apply                         the file was edited
        auscult apply --dry-run               what would happen?
        auscult apply quieter.yaml --graph fan-watch

      Exit status: 0 done; 1 nothing was changed; 64 usage.
      """)

  @Argument(help: "The graph file.", completion: .file(extensions: ["yaml", "yml"])) var file: String?

  @Flag(name: .customLong("fresh"), help: "Leave out what `swap` and `set` changed since the run began.")
  var isFresh = false

  @OptionGroup var options: ChangeOptions

  func run() throws {
    var request = ChangeRequest(.apply)
    request.file = file.map { $0.hasPrefix("/") ? $0 : FileManager.default.currentDirectoryPath + "/" + $0 }
    request.isFresh = isFresh
    try options.run(request)
  }
}

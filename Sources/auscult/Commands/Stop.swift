import ArgumentParser
import Glibc
import RunControl
import SystemCalls

/// `auscult stop`
struct StopCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "stop",
    abstract: "Ends a running graph.",
    discussion: """
      Does the same as Ctrl-C in the terminal of the graph: the graph judges and writes everything it received, then ends \
      with status 0. The command returns after that. Without a name it ends the only running graph.

      Examples:
        auscult stop
        auscult stop fan-watch
      """)

  @Argument(help: "The graph's name, or what `auscult run --name` gave it.", completion: .runningGraphs) var name:
    String?

  @Option(help: ArgumentHelp("How long to wait for the end.", valueName: "time")) var timeout = Seconds(30)

  @Flag(help: "Print one JSON object.") var json = false

  func run() throws {
    guard let name = try name ?? RunLookup.only() else {
      let names = try RunLookup.all().map(\.name).joined(separator: ", ")
      throw Failure("several graphs run: \(names)", advice: "say which: `auscult stop NAME`")
    }
    let hasEnded = try RunLookup.client(name) { client in
      _ = try client.call("stop")
      return waitForEnd(of: client)
    }
    guard hasEnded else {
      throw Failure("the graph '\(name)' has not ended within \(Quantity.seconds(timeout.number))")
    }
    if json { Output.line(["name": .text(name), "stopped": true]) } else { Output.line("stopped \(name)") }
  }

  /// Polls until there is no answer: the graph releases its name last.
  private func waitForEnd(of client: ControlClient) -> Bool {
    let deadline = ContinuousClock.now + .seconds(timeout.number)
    while ContinuousClock.now < deadline {
      do {
        _ = try client.call(ControlProtocol.method, timeout: deadline - ContinuousClock.now)
        Polling.pause(.milliseconds(20))
      } catch {
        return ContinuousClock.now < deadline
      }
    }
    return false
  }
}

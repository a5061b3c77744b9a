import ArgumentParser
import RunControl

/// `auscult top`
struct Top: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "top",
    abstract: "Shows all running graphs: machines, scores as bars, alarms, load; changes them by keys.",
    discussion: """
      On a terminal it refreshes every second. A bar that passes the middle is above the threshold. Arrows choose a \
      machine and a node; s sets a parameter, w swaps the node, h runs a candidate in its shadow, p promotes and d discards \
      it, b rolls the last change back. Each shows its plan first, and only y does it. ? shows the keys, q quits. Without a \
      terminal it prints one frame of text in 80 columns. With NO_COLOR in the environment it has no colours.

      Examples:
        auscult top
        auscult top fan-watch --interval 200ms
        auscult top --once                        prints it once
      """)

  @Argument(
    help: "The graph's name, or what `auscult run --name` gave it (default: all).", completion: .runningGraphs)
  var name: String?

  @Option(help: ArgumentHelp("Time between two refreshes (default: 1s).", valueName: "time")) var interval: Seconds?

  @Flag(help: "Print it once.") var once = false

  func run() throws {
    guard Terminal.isThere, !once else {
      let names = try name.map { [$0] } ?? RunLookup.all().map(\.name)
      return Output.line(TopText(try look(names)).lines.map(\.text).joined(separator: "\n"))
    }
    if name == nil { _ = try RunLookup.all() }
    try TopSession(every: .seconds(min(3600, max(0.05, interval?.number ?? 1)))) {
      // Runs come and go; only the end of the one that was asked for ends the command.
      try look(name.map { [$0] } ?? ControlClient.running().map(\.name))
    }.run()
  }

  /// How long a run that hangs keeps the others, and the keys, waiting.
  private static let patience = Duration.seconds(2)

  /// The answers of `status`; of a run that is there and gives none, its name. A run that has just ended is no error, unless it is the one that was asked for.
  private func look(_ names: [String]) throws -> [JSONValue] {
    try names.compactMap { name in
      do {
        return try RunLookup.failing { try status(name) }
      } catch  where self.name == nil { return JSONValue?.none }
    }
  }

  private func status(_ name: String) throws -> JSONValue {
    do {
      return try ControlClient(name: name, timeout: Self.patience).call("status")
    } catch let problem as ControlProblem where problem.isLate {
      return ["name": .text(name), "answers": false]
    }
  }
}

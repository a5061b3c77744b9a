import ArgumentParser
import Glibc
import RunControl
import SystemCalls

/// `auscult top`
struct Top: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "top",
    abstract: "Shows all running graphs: machines, scores as bars, alarms, load.",
    discussion: """
      Refreshes every second, in 80 columns; Ctrl-C ends it. A bar that passes the middle is above the threshold.

      Examples:
        auscult top
        auscult top fan-watch --interval 200ms
        auscult top --once                        prints it once
      """)

  @Argument(help: "The graph's name, or what `auscult run --name` gave it (default: all).") var name: String?

  @Option(help: ArgumentHelp("Time between two refreshes (default: 1s).", valueName: "time")) var interval: Seconds?

  @Flag(help: "Print it once.") var once = false

  func run() throws {
    let isTerminal = isatty(STDOUT_FILENO) == 1
    while true {
      let names = try name.map { [$0] } ?? RunLookup.all().map(\.name)
      // A run that has just ended is no error, unless it is the one that was asked for.
      let runs = try names.compactMap { name in
        do {
          return try RunLookup.client(name) { try $0.call("status") }
        } catch  where self.name == nil { return JSONValue?.none }
      }
      let lines = TopText(runs).lines
      if isTerminal && !once { Output.screen(lines) } else { Output.line(lines.joined(separator: "\n")) }
      if once { return }
      Polling.pause(.seconds(min(3600, max(0.05, interval?.number ?? 1))))
    }
  }
}

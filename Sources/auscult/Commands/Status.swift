import ArgumentParser
import Glibc
import LiveControl
import RunControl
import SystemCalls

/// `auscult status`
struct StatusCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "status",
    abstract: "Shows the state of a running graph.",
    discussion: """
      Without a name, the command shows the only running graph, or the names of all if there are several.

      Examples:
        auscult status
        auscult status fan-watch --json
        auscult status fan-watch --wait 10s       waits until it runs
        auscult status fan-watch --follow         refreshes every second
        auscult status fan-watch --check          one line for a monitoring system

      With --check the exit status is 0 while the graph works, also while an alarm is raised. It is 2 when a machine is \
      deaf, a node failed, a score is overdue, an output can't be written, or the graph does not run.
      """)

  @Argument(help: "The graph's name, or what `auscult run --name` gave it.", completion: .runningGraphs) var name:
    String?

  @Option(help: ArgumentHelp("Wait until it runs, at most this long.", valueName: "time")) var wait: Seconds?

  @Flag(help: "Print one JSON object.") var json = false

  @Flag(help: "Print one line for a monitoring system; exit status 2 when something is wrong.") var check = false

  @Flag(help: "Refresh continuously: on a terminal in place, else block after block.") var follow = false

  @Option(help: ArgumentHelp("Time between two refreshes of --follow (default: 1s).", valueName: "time"))
  var interval: Seconds?

  func validate() throws {
    if check && follow { throw ValidationError("--check and --follow exclude each other") }
    if interval != nil && !follow { throw ValidationError("--interval is for --follow") }
  }

  func run() throws {
    if check { return try checkHealth() }
    if follow { return try followStatus() }
    guard let status = try answer() else { return list(try RunLookup.all()) }
    if json { Output.line(status) } else { Output.line(StatusText(status).text) }
  }

  /// The graph's answer, once it answers. Nil if several graphs run and none was named.
  private func answer() throws -> JSONValue? {
    let deadline = ContinuousClock.now + .seconds(wait?.number ?? 0)
    while true {
      do {
        guard let name = try name ?? RunLookup.only() else { return nil }
        return try RunLookup.client(name) { try $0.call("status") }
      } catch {
        guard ContinuousClock.now < deadline else { throw error }
        Polling.pause(.milliseconds(50))
      }
    }
  }

  /// The graph that was named, or all that run.
  private func checkHealth() throws {
    do {
      let names = try name.map { [$0] } ?? (answer() == nil ? RunLookup.all().map(\.name) : [RunLookup.only()!])
      let checks = try names.map { name in
        HealthCheck(try wait == nil ? RunLookup.client(name) { try $0.call("status") } : answer() ?? .null)
      }
      let isWell = checks.allSatisfy(\.isWell)
      if json {
        Output.line(["ok": .boolean(isWell), "runs": .array(checks.map(\.json))])
      } else {
        Output.line(checks.map(\.line).joined(separator: "; "))
      }
      if !isWell { throw ExitCode(2) }
    } catch let failure as Failure {
      if json {
        Output.line(["ok": false, "problem": .text(failure.text)])
      } else {
        Output.line("CRITICAL: \(failure.text)")
      }
      throw ExitCode(2)
    }
  }

  private func followStatus() throws {
    let isTerminal = isatty(STDOUT_FILENO) == 1 && !json
    var isFirst = true
    while true {
      guard let status = try answer() else { return list(try RunLookup.all()) }
      if json {
        Output.line(status)
      } else if isTerminal {
        Output.screen(StatusText(status).text.split(separator: "\n", omittingEmptySubsequences: false))
      } else {
        Output.line((isFirst ? "" : "\n") + StatusText(status).text)
      }
      isFirst = false
      Polling.pause(.seconds(min(3600, max(0.05, interval?.number ?? 1))))
    }
  }

  private func list(_ graphs: [RunEndpoint]) {
    if json { return Output.line(["running": .array(graphs.map(\.json))]) }
    for graph in graphs { Output.line(graph.line) }
  }
}

/// Looks up running graphs, for the commands that control them.
enum RunLookup {
  /// All running graphs, by name; at least one.
  static func all() throws -> [RunEndpoint] {
    let graphs = ControlClient.running()
    guard !graphs.isEmpty else {
      throw Failure("no graph runs (\(ControlFolders.standard().words))", advice: "start one with `auscult run GRAPH`")
    }
    return graphs
  }

  /// The name of the only running graph; nil if there are several.
  static func only() throws -> String? {
    let graphs = try all()
    return graphs.count == 1 ? graphs[0].name : nil
  }

  /// The given name, or that of the only running graph.
  static func name(_ given: String?, for command: String) throws -> String {
    if let name = try given ?? only() { return name }
    let names = try all().map(\.name).joined(separator: ", ")
    throw Failure("several graphs run: \(names)", advice: "say which: `auscult \(command) --graph NAME`")
  }

  /// Sends commands to a running graph.
  ///
  /// - Parameter timeout: how long to wait for each answer.
  static func client<Result>(
    _ name: String, timeout: Duration = .seconds(5), _ body: (ControlClient) throws -> Result
  ) throws -> Result {
    try failing { try body(ControlClient(name: name, timeout: timeout)) }
  }

  static func failing<Result>(_ body: () throws -> Result) throws -> Result {
    do {
      return try body()
    } catch let problem as ControlProblem {
      throw Failure(problem.text)
    } catch let error as ControlError {
      throw Failure(error.message)
    }
  }
}

extension RunEndpoint {
  var line: String { name + (pid.map { " (pid \($0))" } ?? "") }
  var json: JSONValue { .members(["name": .text(name), "pid": pid.map { .integer(Int64($0)) }]) }
}

import ArgumentParser
import Glibc
import RunControl

/// `auscult status`
struct StatusCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "status",
    abstract: "Tells how a running graph is doing.",
    discussion: """
      Without a name: the graph that runs, or the names of all when there are several.

      Examples:
        auscult status
        auscult status fan-watch --json
        auscult status fan-watch --wait 10s       one that was just started
      """)

  @Argument(help: "The graph's name, or what `auscult run --name` gave it.") var name: String?

  @Option(help: ArgumentHelp("Wait for it to run, so long at most.", valueName: "time")) var wait: Seconds?

  @Flag(help: "Print one JSON object.") var json = false

  func run() throws {
    guard let status = try answer() else { return list(try RunningGraphs.all()) }
    if json { Output.line(status) } else { Output.line(StatusText(status).text) }
  }

  /// What the graph says, as soon as it does. Nil where several run, and none was named.
  private func answer() throws -> JSONValue? {
    let deadline = ContinuousClock.now + .seconds(wait?.number ?? 0)
    while true {
      do {
        guard let name = try name ?? RunningGraphs.only() else { return nil }
        return try RunningGraphs.client(name) { try $0.call("status") }
      } catch {
        guard ContinuousClock.now < deadline else { throw error }
        usleep(50_000)
      }
    }
  }

  private func list(_ graphs: [RunningGraph]) {
    if json { return Output.line(["running": .array(graphs.map(\.json))]) }
    for graph in graphs { Output.line(graph.line) }
  }
}

/// The graphs that run, as the commands that control them see them.
enum RunningGraphs {
  /// All by name; at least one.
  static func all() throws -> [RunningGraph] {
    let graphs = ControlClient.running()
    guard !graphs.isEmpty else {
      throw Failure("no graph runs (\(ControlFolders.standard().words))", advice: "start one with `auscult run GRAPH`")
    }
    return graphs
  }

  /// The name of the only one; nil where there are several.
  static func only() throws -> String? {
    let graphs = try all()
    return graphs.count == 1 ? graphs[0].name : nil
  }

  /// The name that was given, or that of the only one.
  static func name(_ given: String?, for command: String) throws -> String {
    if let name = try given ?? only() { return name }
    let names = try all().map(\.name).joined(separator: ", ")
    throw Failure("several graphs run: \(names)", advice: "say which: `auscult \(command) --graph NAME`")
  }

  /// Talks to a running graph.
  static func client<Result>(_ name: String, _ body: (ControlClient) throws -> Result) throws -> Result {
    try failing { try body(ControlClient(name: name)) }
  }

  private static func failing<Result>(_ body: () throws -> Result) throws -> Result {
    do {
      return try body()
    } catch let problem as ControlProblem {
      throw Failure(problem.text)
    } catch let error as ControlError {
      throw Failure(error.message)
    }
  }
}

extension RunningGraph {
  var line: String { name + (pid.map { " (pid \($0))" } ?? "") }
  var json: JSONValue { .members(["name": .text(name), "pid": pid.map { .integer(Int64($0)) }]) }
}

import ArgumentParser
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
      """)

  @Argument(help: "The graph's name, or what `auscult run --name` gave it.") var name: String?

  @Flag(help: "Print one JSON object.") var json = false

  func run() throws {
    guard let name = try name ?? RunningGraphs.only() else { return list(try RunningGraphs.all()) }
    let status = try RunningGraphs.client(name) { try $0.call("status") }
    if json { Output.line(status) } else { Output.line(StatusText(status).text) }
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
    let graphs = try failing { try ControlClient.running() }
    guard !graphs.isEmpty else { throw Failure("no graph runs", advice: "start one with `auscult run GRAPH`") }
    return graphs.sorted { $0.name < $1.name }
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

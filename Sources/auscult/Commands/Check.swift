import ArgumentParser
import Glibc
import GraphEngine
import GraphText
import NodeHost
import RunControl
import SystemCalls

/// `auscult check`
struct Check: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "check",
    abstract: "Checks graph files, and shows formats, placement, latency and memory.",
    discussion: """
      Reports every error of every file, each with its place. For a graph without errors it prints a table: each node \
      with its class, its thread and why it runs there, its outputs, the latency that it adds, the latency of the whole \
      path up to it, its memory, and what its heaviest call takes of a period. Nodes that never block are measured once on \
      each computer; live, a node that takes more than a quarter of the period runs on a worker, unless the graph says \
      `thread: realtime`. The results are the same on every thread. A missing model is only a warning here. The command opens and writes no files of the graph.

      A library that a node names with `library:` is not loaded, because that runs its code: `check` reads what a section \
      of its file declares (`auscult declare` writes it), and checks parameters and links by it. Formats, latency and \
      memory then need --load, which also starts the programs of `detector.process`.

      Examples:
        auscult check fan.yaml
        auscult check graphs/*.yaml --rate 44.1kHz
        auscult check fan.yaml --period 64
        auscult check fan.yaml --json | jq '.files[0].latency'
        auscult check fan.yaml --stdin < edited.yaml

      Exit status 1 on any error.
      """)

  @Argument(
    help: ArgumentHelp("Graph files.", valueName: "graph"), completion: .graphFile)
  var graphs: [String]

  @OptionGroup var changes: GraphChanges

  @Option(help: "Frames per second of the driver.") var rate = Rate(48000)

  @Option(help: ArgumentHelp("Frames in a cycle of the driver.", valueName: "frames")) var period = Period(1024)

  @Option(
    help: ArgumentHelp(
      "The name under which the graph runs, where it is another one (`run --name`): the files that this run writes are no "
        + "errors. Repeatable.", valueName: "name"))
  var name: [String] = []

  @Flag(
    help:
      "Load the libraries and start the programs that the graph names, and create its nodes. This runs their code.")
  var load = false

  @Flag(help: "Print one JSON object, diagnostics included.") var json = false

  @Flag(
    name: .customLong("stdin"),
    help: "Take the text of the one graph from standard input; its file, which need not exist, gives names and paths.")
  var readsInput = false

  func validate() throws {
    if readsInput, graphs.count != 1 { throw ValidationError("--stdin goes with one graph.") }
    if period.lengths.count > 1 { throw ValidationError("check takes one --period.") }
  }

  func run() throws {
    let catalog = changes.catalog.load()
    let text = readsInput ? try Self.input() : nil
    let reports = graphs.map {
      CheckReport(
        $0, text: text, names: name, loads: load, changes: changes, catalog: catalog, rate: rate.number,
        period: period.lengths[0])
    }
    if json {
      Output.line(["files": .array(reports.map(\.json))])
    } else {
      show(reports)
    }
    if reports.contains(where: \.hasErrors) { throw ExitCode.failure }
  }

  /// Whatever is longer than a graph's file may be is cut, and refused by its length.
  private static func input() throws -> String {
    var bytes = [UInt8](repeating: 0, count: 17 << 20)
    guard let count = bytes.withUnsafeMutableBytes({ readAll(STDIN_FILENO, into: $0) }) else {
      throw Failure("cannot read standard input: \(systemReason())")
    }
    return String(decoding: bytes[..<count], as: UTF8.self)
  }

  private func show(_ reports: [CheckReport]) {
    var isFirst = true
    for report in reports {
      Console.plain.show(report.diagnostics)
      guard let text = report.text else { continue }
      if !isFirst { Output.line("") }
      isFirst = false
      Output.line(text)
    }
  }
}

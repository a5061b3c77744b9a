import ArgumentParser
import GraphEngine
import GraphText
import NodeHost
import RunControl

/// `auscult check`
struct Check: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Checks graph files, and shows formats, placement, latency and memory.",
    discussion: """
      Reports every error of every file, each with its place. For a graph without errors it prints a table: each node \
      with its class, its thread, its outputs, the latency that it adds, the latency of the whole path up to it, and its \
      memory. A missing model is only a warning here. The command opens and writes no files of the graph.

      Examples:
        auscult check fan.yaml
        auscult check graphs/*.yaml --rate 44.1kHz
        auscult check fan.yaml --json | jq '.files[0].latency'

      Exit status 1 on any error.
      """)

  @Argument(
    help: ArgumentHelp("Graph files.", valueName: "graph"), completion: .file(extensions: ["yaml", "yml"]))
  var graphs: [String]

  @OptionGroup var changes: GraphChanges

  @Option(help: "Frames per second of the driver.") var rate = Rate(48000)

  @Flag(help: "Print one JSON object, diagnostics included.") var json = false

  func run() throws {
    let catalog = changes.catalog.load()
    let reports = graphs.map { CheckReport($0, changes: changes, catalog: catalog, rate: rate.number) }
    if json {
      Output.line(["files": .array(reports.map(\.json))])
    } else {
      show(reports)
    }
    if reports.contains(where: \.hasErrors) { throw ExitCode.failure }
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

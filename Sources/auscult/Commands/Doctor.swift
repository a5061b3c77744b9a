import ArgumentParser
import GraphEngine
import GraphText
import NodeHost
import RunControl

/// `auscult doctor`
struct Doctor: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "doctor",
    abstract: "Finds what keeps this computer, or a graph on it, from listening well.",
    discussion: """
      Checks realtime priority, memory lock, the processor's clock, the wall clock, plugins, and whether the JACK server \
      (or PipeWire) runs cycles. With a graph: whether it runs, whether its ports exist and give sound, how much it writes \
      in a day, and how long the disk lasts. The graph runs on noise for a moment, with its outputs in a scratch folder: \
      it sends nothing. Each finding comes with the way to fix it.

      Examples:
        auscult doctor
        auscult doctor fan.yaml
        auscult doctor fan.yaml --json | jq '.checks[] | select(.verdict != "ok")'

      Exit status: 0 all is well, or there are only warnings; 1 a problem.
      """)

  @Argument(help: "A graph file.", completion: .graphFile)
  var graph: String?

  @OptionGroup var changes: GraphChanges

  @Option(help: "Name of the JACK server (default: $JACK_DEFAULT_SERVER, or JACK's own default).")
  var server: String?

  @Flag(help: "Print one JSON object.") var json = false

  func run() throws {
    let catalog = changes.catalog.load(isWhole: true, isQuiet: true)
    let console = Console(level: json ? .critical : .warning, isJSON: false)
    let graph = try graph.map {
      try changes.load($0, catalog: catalog, console: console, options: GraphOptions())
    }
    let examination = Examination(graph: graph, catalog: catalog, server: server)
    let findings = Examination.checks.flatMap { $0.findings(examination) }
    examination.meter?.close()
    if json { print(findings) } else { show(findings) }
    if worst(findings) == .problem { throw ExitCode.failure }
  }

  private func worst(_ findings: [Finding]) -> Finding.Verdict { findings.map(\.verdict).max() ?? .ok }

  private func print(_ findings: [Finding]) {
    Output.line([
      "verdict": .text(worst(findings).rawValue), "checks": .array(findings.map(\.json)),
    ])
  }

  private func show(_ findings: [Finding]) {
    var lines: [String] = []
    let width = findings.map { $0.check.utf8.count }.max() ?? 0
    for finding in findings {
      let name = finding.check + String(repeating: " ", count: width - finding.check.utf8.count)
      let verdict = finding.verdict == .ok ? "ok     " : finding.verdict.rawValue
      lines.append("\(verdict)  \(name)  \(finding.found.shown)")
      if let advice = finding.advice { lines.append(String(repeating: " ", count: 11 + width) + "-> \(advice.shown)") }
    }
    Output.line(lines.joined(separator: "\n"))
  }
}

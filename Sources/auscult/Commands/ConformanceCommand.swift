import ArgumentParser
import Conformance
import Glibc
import GraphText
import NodeHost
import NodeRigs
import RunControl
import SystemCalls

/// `auscult conformance`
struct ConformanceCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "conformance",
    abstract: "Checks that the node classes of a plugin keep the rules of the ABI.",
    discussion: """
      Each check runs in a process of its own with a time limit: a crash or a hang is a finding. Formats, parameters and \
      input are random; the seed that is printed repeats them. Outputs go into a scratch folder. docs/CONFORMANCE.md \
      describes the checks.

      Examples:
        auscult conformance libauscult-tremolo.so
        auscult conformance libauscult-tremolo.so --check cut --reproduce 4711
        auscult conformance libauscult-siren.so --set command=true
        auscult conformance --list

      Exit status: 0 all checks pass, 1 there are findings or a class cannot be tried, 64 usage.
      """)

  @Argument(help: ArgumentHelp("A plugin; repeatable.", valueName: "library.so"), completion: .file(extensions: ["so"]))
  var libraries: [String] = []

  @Option(
    name: .customLong("class"), help: ArgumentHelp("Only this class; repeatable.", valueName: "name"),
    completion: .nodeClasses)
  var classes: [String] = []

  @Option(name: .customLong("check"), help: ArgumentHelp("Only this check; repeatable.", valueName: "name"))
  var checks: [String] = []

  @Option(
    name: [.customLong("seed"), .customLong("reproduce")],
    help: "The seed of all random choices (default: another one each time).")
  var seed: UInt32?

  @Option(
    name: .customLong("set"),
    help: ArgumentHelp("A parameter, as a graph file writes it; repeatable.", valueName: "name=value"))
  var settings: [String] = []

  @Option(name: .customLong("junit"), help: ArgumentHelp("Also write the results as JUnit XML.", valueName: "file"))
  var junit: String?

  @Flag(help: "Print one JSON object.") var json = false

  @Flag(help: "List the checks.") var list = false

  func validate() throws {
    if !list && libraries.isEmpty { throw ValidationError("Give a plugin, or --list.") }
    if list && !libraries.isEmpty { throw ValidationError("--list takes no plugin.") }
    for name in checks where ConformanceCheck.named(name) == nil {
      let suggestion = nearest(name, among: ConformanceCheck.all.map(\.name)).map { " Did you mean '\($0)'?" } ?? ""
      throw ValidationError("There is no check '\(name)'.\(suggestion) `auscult conformance --list` lists all of them.")
    }
    _ = try values()
  }

  func run() throws {
    if list { return json ? Output.line(ConformanceReport.listJSON) : Output.line(ConformanceReport.list) }
    var report = ConformanceReport(seed: seed ?? UInt32.random(in: 1..<1_000_000_000))
    // Loading runs the library's code here, too.
    ForeignEnvironment.forgetOthers()
    let loaded = try libraries.map { try load($0) }
    try checkNames(loaded)
    let scratch = try ScratchOutputs()
    defer { scratch.remove() }
    for (index, library) in loaded.enumerated() {
      let folder = "\(scratch.folder)/\(index)"
      mkdir(folder, 0o700)
      let run = ConformanceRun(
        library, probe: probe, seed: UInt64(report.seed), settings: try values(), folder: folder)
      for nodeClass in library.classes where classes.isEmpty || classes.contains(nodeClass.name) {
        for check in ConformanceCheck.all where checks.isEmpty || checks.contains(check.name) {
          report.add(run.result(check, nodeClass), library.path)
        }
      }
    }
    if let junit { try report.writeJUnit(junit) }
    if json { Output.line(report.json) } else { Output.line(report.text) }
    // Not with the results, which are the same for the same seed.
    if !json { Console.plain.info(report.times) }
    if checks.isEmpty, let first = report.unchecked.first {
      throw Failure("no check could try '\(first.className)': \(first.reason)")
    }
    if report.failed > 0 { throw ExitCode.failure }
  }

  private let probe = PluginProbe(executable: "/proc/self/exe")

  private enum CodingKeys: CodingKey { case libraries, classes, checks, seed, settings, junit, json, list }

  /// A library that fails while it is loaded is an error; its classes are not known.
  private func load(_ path: String) throws -> PluginLibrary {
    probe.examine([path])
    if let defect = probe.defects(of: [path])[path] { throw Failure("\(path.shown): \(defect)") }
    do { return try PluginLibrary(path: path) } catch { throw Failure("\(error)") }
  }

  private func checkNames(_ libraries: [PluginLibrary]) throws {
    let known = libraries.flatMap(\.classes)
    for name in classes where !known.contains(where: { $0.name == name }) {
      throw Failure(
        "there is no class '\(name)' in \(self.libraries.map(\.shown).joined(separator: ", "))",
        advice: known.isEmpty ? nil : "there are: \(known.map(\.name).joined(separator: ", "))")
    }
    for (name, text) in try values() {
      let parameters = known.compactMap { $0.parameter(name) }
      guard let parameter = parameters.first else { throw Failure("--set \(name): no class has such a parameter") }
      do { _ = try Setting(text, of: parameter) } catch { throw Failure("--set \(name): \(error)") }
    }
  }

  private func values() throws -> [String: String] {
    var values: [String: String] = [:]
    for setting in settings {
      guard let equals = setting.firstIndex(of: "="), equals != setting.startIndex else {
        throw ValidationError("--set takes NAME=VALUE, not '\(setting)'.")
      }
      values[String(setting[..<equals])] = String(setting[setting.index(after: equals)...])
    }
    return values
  }
}

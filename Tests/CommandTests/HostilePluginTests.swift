import Foundation
import Glibc
import RunControl
import TestSupport
import Testing

/// Plugins that crash, exit or hang, and the commands' messages about them.
@Suite(.serialized, .timeLimit(.minutes(3)))
struct HostilePluginTests {
  private let folder = ScratchFolder()
  private var auscult: Command { Command(folder) }
  private var plugins: String { folder.path + "/plugins" }
  private let name = "test-\(getpid())-\(UInt32.random(in: 0...UInt32.max))"

  private func graph(_ more: String = "") -> String {
    """
    graph: hostile
    nodes:
      fan: { type: source.synth, machine: fan }
      pass: { type: \(more) }
      stft: { type: stft, length: 512, hop: 480 }
      mel: { type: mel, bands: 16 }
      slices: { type: slicer, length: 20 frames, hop: 50 % }
      judge: { type: detector.bands, learn: 0.2 s }
      log: { type: sink.jsonl, path: log.jsonl }
    links: fan -> pass -> stft -> mel -> slices -> judge -> log
    """
  }

  init() throws {
    try FileManager.default.createDirectory(atPath: folder.path + "/plugins", withIntermediateDirectories: true)
    try build("good", [])
  }

  private func build(_ name: String, _ flags: [String]) throws {
    try CompiledPlugin.build(
      "hostile/hostile.c", flags: flags.map { "-D" + $0 } + ["-DNAME=\"\(name).node\""],
      into: plugins + "/libauscult-\(name).so")
  }

  @Test func brokenLibrariesAreNamedAndCostTheirOwnClassesOnly() throws {
    try build("quits", ["ON_LOAD=leave"])
    try build("falls", ["ON_ENTRY=crash"])
    try build("prints", ["ON_LOAD=print"])
    let warnings = ["falls", "quits", "prints"].map { "\(plugins)/libauscult-\($0).so: it " }
    let nodes = try auscult("nodes", "--plugin-path", plugins, "--json")
    #expect(nodes.status == 0)
    for warning in warnings { #expect(nodes.err.contains("warning: \(warning)"), "\(nodes.err)") }
    let classes = try JSONValue(parsing: Array(nodes.out.utf8))["classes"]?.array?.compactMap { $0["name"]?.text } ?? []
    #expect(classes.contains("good.node") && classes.contains("prints.node") && classes.contains("mel"))

    try folder.write("needs-none.yaml", graph("good.node"))
    let check = try auscult("check", "needs-none.yaml", "--plugin-path", plugins)
    #expect(check.status == 0 && check.err.contains(warnings[1]), "\(check.err)")
    let run = try auscult("run", "needs-none.yaml", "--plugin-path", plugins, "--offline", "--duration", "1s")
    #expect(run.status == 0 && run.err.contains(warnings[0]), "\(run.err)")

    try folder.write("needs-one.yaml", graph("quits.node"))
    let needs = try auscult("check", "needs-one.yaml", "--plugin-path", plugins)
    #expect(needs.status == 1)
    #expect(needs.err.contains("needs-one.yaml:4:"), "\(needs.err)")
    #expect(needs.err.contains("libauscult-quits.so: it ends the program (exit status 3) while it is loaded"))
  }

  @Test(arguments: ["create", "configure", "activate", "deactivate", "destroy"])
  func aNodeThatCrashesIsADiagnosticAtItsLine(call: String) throws {
    try folder.write("a.yaml", graph("good.node, at: \(call)"))
    let run = try auscult("run", "a.yaml", "--plugin-path", plugins, "--offline", "--duration", "1s")
    #expect(run.status == 1)
    let text = "a.yaml:4:3: error: node 'pass' (good.node): \(plugins)/libauscult-good.so crashes (SIGSEGV) in \(call)"
    #expect(run.err.contains(text), "\(run.err)")
    #expect(!FileManager.default.fileExists(atPath: folder.path + "/log.jsonl"))
  }

  /// The watch itself never runs the code that killed its child.
  @Test(.enabled(if: FileManager.default.isExecutableFile(atPath: "/usr/bin/jackd"), "jackd is not installed"))
  func aChangeThatWouldEndTheWatchIsRefused() throws {
    try folder.write("a.yaml", graph("good.node"))
    let live = try LiveCommand(
      auscult,
      arguments: [
        "run", "a.yaml", "--plugin-path", plugins, "--start-server", "--name", name, "--period", "256",
      ])
    try live.wait(for: "judge: fan learned")
    let library = "\(plugins)/libauscult-good.so"
    for (call, how, words) in [
      ("create", "crash", "\(library) crashes (SIGSEGV) in create"),
      ("activate", "crash", "\(library) crashes (SIGSEGV) in activate"),
      ("configure", "exit", "\(library) ends the program (exit status 3) in configure"),
      ("activate", "hang", "has not returned from 'activate' within 1 s; allow more with --timeout"),
    ] {
      let swap = try auscult("swap", "pass", "at=\(call)", "how=\(how)", "--timeout", "1s")
      #expect(swap.status == 1)
      #expect(swap.err.contains("node 'pass' (good.node): \(words)"), "\(swap.err)")
      #expect(swap.err.contains("nothing was changed"))
    }
    // A library that appears while the watch runs, and ends any process that loads it.
    try build("late", ["ON_LOAD=leave"])
    let late = try auscult("swap", "pass", "type=late.node")
    #expect(late.status == 1 && late.err.contains("libauscult-late.so: it ends the program"), "\(late.err)")
    try build("later", [])
    let later = try auscult("swap", "pass", "type=later.node")
    #expect(later.status == 0, "\(later.err)")
    #expect(try auscult("stop").status == 0)
    #expect(try live.end().status == 0)
  }
}

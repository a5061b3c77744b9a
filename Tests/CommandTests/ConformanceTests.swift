import Foundation
import JSONText
import TestSupport
import Testing

/// `auscult conformance`: every defect is found by its check alone, and our own plugins have none.
@Suite struct ConformanceTests {
  private let folder = ScratchFolder()
  private var auscult: Command { Command(folder) }

  /// The plugin with a class for each defect.
  private func defects() throws -> String {
    let path = folder.file("libdefects.so")
    try CompiledPlugin.build("c-conformance/defects.c", flags: ["-O1", "-lm"], into: path)
    return path
  }

  private func json(_ outcome: Outcome) throws -> JSONValue { try JSONValue(parsing: Array(outcome.out.utf8)) }

  private func failures(_ outcome: Outcome) throws -> [String: Set<String>] {
    var failures: [String: Set<String>] = [:]
    for result in try json(outcome)["results"]?.array ?? [] {
      let name = try #require(result["class"]?.text)
      failures[name, default: []].formUnion(
        result["verdict"]?.text == "failed" ? [try #require(result["check"]?.text)] : [])
    }
    return failures
  }

  /// `bad.bounds.write` is found by `bounds`.
  @Test func eachDefectIsFoundByItsCheckAlone() throws {
    let learners = folder.file("liblearners.so")
    try CompiledPlugin.build("c-conformance/learners.c", flags: ["-O1", "-lm"], into: learners)
    let outcome = try auscult("conformance", defects(), learners, "--json", "--seed", "11", seconds: 300)
    #expect(outcome.status == 1)
    let failures = try failures(outcome)
    #expect(failures.count == 22)
    for (name, checks) in failures {
      let expected = String(name.split(separator: ".")[1])
      #expect(checks == [expected], "\(name): \(outcome.out)")
    }
  }

  @Test func aFindingSaysWhatAndHowToSeeItAgain() throws {
    let plugin = try defects()
    let outcome = try auscult(
      "conformance", plugin, "--class", "bad.bounds.write", "--check", "bounds", "--seed", "7", "--junit", "report.xml")
    #expect(outcome.status == 1)
    #expect(outcome.out.contains("process writes byte 1 past the end of the block of output 'out'"), "\(outcome.out)")
    let again = "auscult conformance \(plugin) --class bad.bounds.write --check bounds --reproduce 7"
    #expect(outcome.out.contains(again), "\(outcome.out)")
    let report = try String(contentsOfFile: folder.file("report.xml"), encoding: .utf8)
    #expect(report.contains("<testsuites tests=\"1\" failures=\"1\" skipped=\"0\">"), "\(report)")
    #expect(report.contains("classname=\"bad.bounds.write\" name=\"bounds\""))
    #expect(report.contains("output &#39;out&#39;"))
  }

  @Test func theSameSeedGivesTheSame() throws {
    let plugin = try defects()
    let runs = try (0..<2).map { _ in
      try auscult(
        "conformance", plugin, "--class", "bad.cut", "--check", "cut", "--check", "descriptor", "--reproduce", "99")
    }
    #expect(runs[0].status == 1)
    #expect(runs[0].out == runs[1].out)
  }

  /// The same formats, parameters, input and cuts, so the same finding in the same words.
  @Test(arguments: ["bad.reset", "bad.spans.moved", "bad.tune", "bad.order.crash"])
  func aFindingIsReproduced(name: String) throws {
    let plugin = try defects()
    let check = String(name.split(separator: ".")[1])
    let first = try auscult("conformance", plugin, "--class", name, "--check", check)
    #expect(first.status == 1 && first.out.contains("FAILED"), "\(first.out)")
    let line = try #require(first.out.split(separator: "\n").first { $0.contains("-> auscult ") })
    let words = try #require(line.split(separator: ">").last).split(separator: " ").dropFirst().map(String.init)
    #expect(words.contains("--reproduce"))
    let again = try auscult.run(words)
    #expect(again.status == 1 && again.out == first.out, "\(again.out)")
    // Another seed draws other formats.
    let other = try auscult("conformance", plugin, "--class", name, "--check", check, "--reproduce", "4711")
    #expect(other.out.contains("seed 4711"))
  }

  @Test func aHangIsNamedWithItsCall() throws {
    let outcome = try auscult("conformance", defects(), "--class", "bad.order.hang", "--check", "order", seconds: 120)
    #expect(outcome.status == 1)
    #expect(
      outcome.out.contains("it does not return within 8 s (reset and deactivate before configure)"), "\(outcome.out)")
  }

  /// A plugin in C that keeps the rules.
  @Test func aPluginInCPasses() throws {
    let outcome = try auscult("conformance", BuildFolder.path + "/libtestplugin-c.so", "--json")
    #expect(outcome.status == 0, "\(outcome.out)\(outcome.err)")
    let results = try json(outcome)["results"]?.array ?? []
    #expect(results.count { $0["verdict"]?.text == "passed" } >= 12)
  }

  /// The checks then run in programs of their own.
  @Test func aLibraryWithAThreadIsChecked() throws {
    let path = folder.file("libthreaded.so")
    try CompiledPlugin.build("c-conformance/threaded.c", flags: ["-O1", "-lm"], into: path)
    let outcome = try auscult("conformance", path, "--check", "cut", "--check", "bounds", "--set", "scale=2")
    #expect(outcome.status == 0, "\(outcome.out)\(outcome.err)")
    #expect(outcome.out.contains("2 checks passed, 0 failed, 0 do not apply"), "\(outcome.out)")
  }

  /// It needs the address of a broker.
  @Test func aClassThatCannotBeTriedIsAnError() throws {
    let outcome = try auscult("conformance", BuildFolder.path + "/libauscult-mqtt.so", "--seed", "3")
    #expect(outcome.status == 1)
    #expect(outcome.err.contains("no check could try 'sink.mqtt'"), "\(outcome.out)\(outcome.err)")
    #expect(outcome.err.contains("--set NAME=VALUE"), "\(outcome.err)")
  }

  @Test func wrongUsageIsRefused() throws {
    #expect(try auscult("conformance").status == 64)
    #expect(try auscult("conformance", "a.so", "--check", "bound").err.contains("Did you mean 'bounds'?"))
    #expect(try auscult("conformance", "a.so", "--set", "gain").status == 64)
    let missing = try auscult("conformance", "missing.so")
    #expect(missing.status == 1 && missing.err.contains("there is no such file"), "\(missing.err)")
    let plugin = BuildFolder.path + "/libtestplugin-c.so"
    let unknown = try auscult("conformance", plugin, "--class", "gain")
    #expect(unknown.status == 1 && unknown.err.contains("there are: test.c.invert"), "\(unknown.err)")
    let parameter = try auscult("conformance", plugin, "--set", "gain=1")
    #expect(parameter.status == 1 && parameter.err.contains("no class has such a parameter"), "\(parameter.err)")
  }

  /// docs/CONFORMANCE.md has a line for each check, in their order, with the words of the list.
  @Test func theDocumentListsTheChecks() throws {
    let list = try json(try auscult("conformance", "--list", "--json"))["checks"]?.array ?? []
    #expect(list.count > 10)
    let text = try String(contentsOfFile: BuildFolder.package + "/docs/CONFORMANCE.md", encoding: .utf8)
    let lines = text.split(separator: "\n").filter { $0.hasPrefix("| `") }
    #expect(lines.map(String.init) == list.map { "| `\($0["name"]?.text ?? "")` | \($0["summary"]?.text ?? "") |" })
  }

  /// Each half of our plugins on its own, so that both run at the same time.
  @Test(arguments: [0, 1]) func ourPluginsPass(half: Int) throws {
    let plugins = try FileManager.default.contentsOfDirectory(atPath: BuildFolder.path).sorted().filter {
      // The functions of `detector.process` are a program of the user's, so there is nothing to check.
      $0.hasPrefix("libauscult-") && $0.hasSuffix(".so") && $0 != "libauscult-process.so"
    }
    #expect(plugins.count > 30)
    let paths = plugins.enumerated().filter { $0.offset % 2 == half }.map { BuildFolder.path + "/" + $0.element }
    // What only a plant knows.
    let needs = ["command": "command=true", "mqtt": "broker=mqtt://127.0.0.1:1"]
    let settings = needs.filter { name, _ in paths.contains { $0.hasSuffix("/libauscult-\(name).so") } }
    let outcome = try auscult.run(
      ["conformance"] + paths + settings.values.flatMap { ["--set", $0] }, seconds: 600)
    let lines = outcome.out.split(separator: "\n").filter { !$0.hasPrefix("  ok") && !$0.hasPrefix("  -") }
    #expect(outcome.status == 0, "\(lines.joined(separator: "\n"))\n\(outcome.err)")
  }
}

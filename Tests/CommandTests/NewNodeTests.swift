import Foundation
import RunControl
import TestSupport
import Testing

private func isThere(_ program: String) -> Bool {
  (try? CompiledPlugin.run("/bin/sh", ["-c", "command -v \(program) && \(program) --version"])) != nil
}

private let isLong = !(ProcessInfo.processInfo.environment["AUSCULT_LONG"] ?? "").isEmpty

/// `auscult new-node`: what it writes builds, keeps the rules, learns and judges, as its README says.
@Suite struct NewNodeTests {
  private let folder = ScratchFolder()
  private var auscult: Command { Command(folder) }

  /// Builds, keeps the rules, gives the expected scores, and other scores after a change.
  private func proves(_ language: String, asDocumented: Bool = false, change: (String, String, in: String)) throws {
    let node = try AuthoredNode(auscult, language: language)
    try node.build(asDocumented: asDocumented)
    #expect(try node.run("check").hasSuffix("check: the scores are as expected\n"))
    let conformance = try auscult("conformance", "\(AuthoredNode.name)/\(AuthoredNode.library)", "--seed", "18")
    #expect(conformance.status == 0, "\(conformance.out)\(conformance.err)")
    #expect(conformance.out.contains("ok       training"), "\(conformance.out)")
    try learns(node)
    try node.replace(change.0, by: change.1, in: change.in)
    try node.build(asDocumented: asDocumented)
    let failure = #expect(throws: CompiledPlugin.Failure.self) { try node.run("check") }
    #expect(failure?.description.contains("check: the scores differ from check.expected") == true)
  }

  /// Learns from a simulated fan, and judges a faulty one.
  private func learns(_ node: AuthoredNode) throws {
    for (file, severity, seconds) in [("normal", 0, "40s"), ("faulty", 10, "4s")] {
      try folder.write(
        "\(file).yaml",
        """
        graph: \(file)
        nodes:
          fan: { type: source.synth, machine: fan, machines: [machine], fault: bearing, severity: \(severity), ramp: 0 s }
          file: { type: sink.wav, path: \(file).wav }
        links: fan -> file
        """)
      #expect(try auscult("run", "\(file).yaml", "--offline", "--duration", seconds, "-q").status == 0)
    }
    try folder.write("normal/a.wav", folder.data("normal.wav"))
    let graph = "\(AuthoredNode.name)/watch.yaml"
    let path = ["--plugin-path", AuthoredNode.name]
    let untrained = try auscult.run(["run", graph, "--input", "faulty.wav"] + path)
    #expect(untrained.status == 1 && untrained.err.contains("make it with `auscult train`"), "\(untrained.err)")
    let model = "\(AuthoredNode.name)/\(AuthoredNode.name).safetensors"
    let training = try auscult.run(
      ["train", graph, "--normal", "normal", "--threshold", "sigma=6", "--output", model] + path)
    #expect(training.status == 0, "\(training.err)")
    let run = try auscult.run(
      ["run", graph, "--input", "normal.wav", "faulty.wav", "--set", "log.path=\(node.language).jsonl"] + path)
    #expect(run.status == 0, "\(run.err)")
    let scores = try folder.writtenRecords("\(node.language).jsonl").filter { $0["kind"] == "score" }
    func anomalous(_ file: String) -> [Bool] {
      scores.filter { $0["file"]?.text?.hasSuffix(file) == true }.compactMap { $0["anomalous"]?.boolean }
    }
    #expect(anomalous("faulty.wav").count == 8 && anomalous("faulty.wav").allSatisfy { $0 })
    #expect(anomalous("normal.wav").count == 81 && anomalous("normal.wav").count { $0 } < 8)
    // A model of another machine's name.
    let stranger = try auscult.run(
      ["run", graph, "--input", "faulty.wav", "--set", "mic.machines=[other]"] + path)
    #expect(
      stranger.status == 1 && stranger.err.contains("the model does not know the machine 'other'"), "\(stranger.err)")
  }

  @Test func aDetectorInC() throws {
    try proves("c", change: ("return sum / (double)count", "return 1 + sum / (double)count", in: "detector.c"))
  }

  @Test func aDetectorInCxx() throws {
    let mean = "return sum / static_cast<double>(count)"
    try proves("cxx", change: (mean, mean + " + 1", in: "detector.cpp"))
  }

  @Test func aDetectorInSwift() throws {
    try proves("swift", change: ("sum / Double(width)", "1 + sum / Double(width)", in: "Sources/Detector.swift"))
  }

  /// The build of NodeKit takes a minute.
  @Test(.enabled(if: isLong, "only with AUSCULT_LONG: it builds NodeKit")) func aDetectorInSwiftAsDocumented() throws {
    try proves(
      "swift", asDocumented: true,
      change: ("sum / Double(width)", "1 + sum / Double(width)", in: "Sources/Detector.swift"))
  }

  @Test(.enabled(if: isThere("cargo"), "cargo is not installed")) func aDetectorInRust() throws {
    try proves("rust", change: ("sum / values.len() as f64", "1.0 + sum / values.len() as f64", in: "src/lib.rs"))
  }

  @Test(.enabled(if: isThere("/usr/bin/python3"), "/usr/bin/python3 is not installed")) func aDetectorInPython() throws
  {
    let node = try AuthoredNode(auscult, language: "python")
    #expect(try node.run("check").hasSuffix("check: the scores are as expected\n"))
    try node.replace("USUAL = -22.0", by: "USUAL = -21.0", in: "detector.py")
    #expect(throws: CompiledPlugin.Failure.self) { try node.run("check") }
  }

  @Test(arguments: ["", "Fan", "fan_1", "1fan", "-fan", "fan-", "../fan", "a b", "fän", "@NAME@", "a;b"])
  func aWrongNameIsRefused(name: String) throws {
    // `--` so that a name may begin with a dash.
    let outcome = try auscult("new-node", "--language", "c", "--", name)
    #expect(outcome.status == 64, "\(outcome.out)")
    #expect(outcome.err.contains("1 to 40 lower-case letters"), "\(outcome.err)")
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path).allSatisfy { $0.hasPrefix(".scratch") })
  }

  @Test func wrongUsageIsRefused() throws {
    #expect(try auscult("new-node", "fan").status == 64)
    #expect(
      try auscult("new-node", "fan", "--language", "java").err.contains("'swift', 'c', 'cxx', 'rust' or 'python'"))
    #expect(try auscult("new-node", String(repeating: "a", count: 41), "--language", "c").status == 64)
    #expect(
      try auscult("new-node", "kmeans", "--language", "c").err.contains("'detector.kmeans' already, in libauscult-"))
    #expect(try auscult("new-node", "mixing", "--language", "c").err.contains("a library libauscult-mixing.so already"))
    let missing = try auscult("new-node", "fan", "--language", "c", "--into", "none")
    #expect(missing.status == 1 && missing.err.contains("cannot make the folder none/fan"), "\(missing.err)")
  }

  /// What exists is never touched, whatever it is.
  @Test func nothingIsReplaced() throws {
    try folder.write("fan/detector.c", "mine")
    try folder.write("pump", "mine")
    for name in ["fan", "pump"] {
      let outcome = try auscult("new-node", name, "--language", "c")
      #expect(outcome.status == 1)
      #expect(
        outcome.err == "auscult: error: \(name) exists already\n  choose another name, or another folder with --into\n")
    }
    #expect(try folder.text("fan/detector.c") == "mine")
    #expect(try folder.text("pump") == "mine")
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path + "/fan") == ["detector.c"])
  }

  /// The program's place becomes part of scripts and of Swift source.
  @Test func aHostilePlaceIsQuoted() throws {
    let prefix = folder.path + #"/it's "$(touch pwned)" \(1)"#
    let files = FileManager.default
    for (place, origin) in [
      ("bin/auscult", BuildFolder.path + "/auscult"), ("include", BuildFolder.package + "/Sources/CNodeABI/include"),
      ("share/auscult/NodeKit", BuildFolder.package + "/packaging/NodeKit"),
    ] {
      let path = "\(prefix)/\(place)"
      try files.createDirectory(
        atPath: String(path.prefix(upTo: path.lastIndex(of: "/")!)), withIntermediateDirectories: true)
      if place == "include" || place.hasSuffix("NodeKit") {
        try files.createSymbolicLink(atPath: path, withDestinationPath: origin)
      } else {
        try files.copyItem(atPath: origin, toPath: path)
      }
    }
    for language in ["c", "swift"] {
      _ = try CompiledPlugin.run(
        "\(prefix)/bin/auscult", ["new-node", "pump-\(language)", "--language", language, "--into", folder.path])
    }
    _ = try CompiledPlugin.run("\(folder.path)/pump-c/build", [])
    #expect(files.fileExists(atPath: "\(folder.path)/pump-c/libauscult-pump-c.so"))
    let package = try folder.text("pump-swift/Package.swift")
    #expect(package.contains(#"/it's \"$(touch pwned)\" \\(1)/share/auscult/NodeKit""#), "\(package)")
    #expect(try files.subpathsOfDirectory(atPath: folder.path).allSatisfy { !$0.hasSuffix("/pwned") && $0 != "pwned" })
  }

  /// No word between two `@` is left.
  @Test(arguments: ["swift", "c", "cxx", "rust", "python"]) func everyWordIsFilledIn(language: String) throws {
    let node = try AuthoredNode(auscult, language: language)
    let files = try FileManager.default.subpathsOfDirectory(atPath: node.folder)
    #expect(files.count >= 8)
    for file in files {
      let text = (try? folder.text("\(AuthoredNode.name)/\(file)")) ?? ""
      #expect(text.firstMatch(of: /@[A-Z]+@/) == nil, "\(file)")
    }
  }
}

/// A node that is built again while a graph runs with it on a private dummy server.
@Suite(
  .serialized, .timeLimit(.minutes(4)),
  .enabled(if: FileManager.default.isExecutableFile(atPath: "/usr/bin/jackd"), "jackd is not installed"))
struct NewNodeLiveTests {
  private let folder = ScratchFolder()
  private var auscult: Command { Command(folder) }
  private let name = "test-\(getpid())-\(UInt32.random(in: 0...UInt32.max))"
  private let log = "check.jsonl"

  private func start() throws -> LiveCommand {
    let live = try LiveCommand(
      auscult,
      arguments: [
        "run", "\(AuthoredNode.name)/check.yaml", "--start-server", "--name", name, "--watch-plugins", "--plugin-path",
        AuthoredNode.name,
      ])
    try folder.waitForScores(log, generation: 1, count: 3)
    return live
  }

  /// Ends the run. The new node judged from some score on, and no score is missing.
  private func stop(_ live: LiveCommand) throws {
    try folder.waitForScores(log, generation: 2, count: 3)
    #expect(try auscult("stop").status == 0)
    let outcome = try live.end()
    #expect(outcome.status == 0, "\(outcome.err)")
    let records = try folder.writtenRecords(log)
    let scores = records.filter { $0["kind"] == "score" }
    let generations = scores.compactMap { $0["generation"]?.integer }
    #expect(generations == generations.sorted() && Set(generations) == [1, 2], "\(generations)")
    try expectSpacing(scores, 23_552, gaps: records.filter { $0["kind"] == "gap" }, least: 3)
    // Normal scores are below 1; the change adds 100.
    for score in scores {
      let value = try #require(score["score"]?.number)
      #expect(score["generation"]?.integer == 1 ? value < 50 : value > 50)
    }
  }

  @Test(arguments: [
    ("c", "return sum / (double)count", "return 100 + sum / (double)count", "detector.c"),
    ("cxx", "return sum / static_cast<double>(count)", "return 100 + sum / static_cast<double>(count)", "detector.cpp"),
  ]) func aBuildTakesOver(language: String, old: String, new: String, file: String) throws {
    let node = try AuthoredNode(auscult, language: language)
    try node.build()
    let live = try start()
    try node.replace(old, by: new, in: file)
    try node.build()
    try live.wait(for: "auscult: \(AuthoredNode.library): judge re-warmed, from frame position ", seconds: 60)
    try stop(live)
  }

  /// As its README says: a copy of the program takes over.
  @Test(.enabled(if: isThere("/usr/bin/python3"), "/usr/bin/python3 is not installed")) func aProgramTakesOver() throws
  {
    let node = try AuthoredNode(auscult, language: "python")
    try node.replace("detector.py", by: node.folder + "/detector.py", in: "check.yaml")
    let live = try start()
    let better = try folder.text("\(AuthoredNode.name)/detector.py")
      .replacingOccurrences(of: "USUAL = -22.0", with: "USUAL = -122.0")
    try folder.write("\(AuthoredNode.name)/better.py", better)
    let swap = try auscult("swap", "judge", "command=[/usr/bin/python3, \(node.folder)/better.py]")
    #expect(swap.status == 0, "\(swap.err)")
    try stop(live)
  }

  /// The transcript of docs/PLUGINS.md, from nothing to a swap, and its training.
  @Test(arguments: ["c", "cxx", "rust", "swift"]) func theGuideRuns(language: String) throws {
    if language == "rust", !isThere("cargo") { return }
    // It builds NodeKit, which takes a minute.
    if language == "swift", !isLong { return }
    let sources = ["c": "detector.c", "cxx": "detector.cpp", "rust": "src/lib.rs", "swift": "Sources/Detector.swift"]
    let guide = try String(contentsOfFile: BuildFolder.package + "/docs/PLUGINS.md", encoding: .utf8)
    try folder.write("fan.yaml", blocks("yaml", of: guide).joined())
    let commands = blocks("console", of: guide).joined().split(separator: "\n").filter { $0.hasPrefix("$ ") }
      .map { $0.dropFirst(2).replacing("--language c", with: "--language \(language)") }
      .map { $0.replacing("detector.c", with: sources[language] ?? "") }
    try #require(commands.count > 12)
    try folder.write(
      "guide.sh",
      """
      set -eu
      PATH='\(BuildFolder.path)':$PATH XDG_RUNTIME_DIR='\(folder.path)' AUSCULT_CONTROL_PATH='\(folder.path)/auscult'
      export PATH XDG_RUNTIME_DIR AUSCULT_CONTROL_PATH
      trap 'kill $(jobs -p) 2>/dev/null || true; wait' EXIT
      cd '\(folder.path)'
      set -x
      \(commands.joined(separator: "\n"))
      """)
    let output = try CompiledPlugin.run("timeout", ["-k", "5", "200", "bash", folder.path + "/guide.sh"])
    #expect(output.contains("check: the scores are as expected"), "\(output)")
    #expect(output.contains("17 checks passed, 0 failed"), "\(output)")
    #expect(output.contains("no gap, nothing dropped"), "\(output)")
    #expect(output.contains("wrote pump-watch.safetensors"), "\(output)")
    #expect(try folder.text("pump-watch/watch.jsonl").contains("\"anomalous\":true"))
  }

  /// What lies in the fenced blocks of a language.
  private func blocks(_ language: String, of text: String) -> [String] {
    text.components(separatedBy: "\n```\(language)\n").dropFirst()
      .map { $0.components(separatedBy: "```")[0] }
  }
}

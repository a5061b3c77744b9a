import Foundation
import Glibc
import RunControl
import TestSupport
import Testing

/// Whose code runs: libraries that a graph names, and the rights of plugins.
@Suite(.serialized, .timeLimit(.minutes(3)))
struct TrustTests {
  private let folder = ScratchFolder()
  private var auscult: Command {
    var command = Command(folder)
    command.environment["XDG_HOSTILE_NOTES"] = notes
    return command
  }
  private var notes: String { folder.path + "/notes" }
  private var hasRun: Bool { FileManager.default.fileExists(atPath: notes) }

  /// A library whose code notes that it is loaded.
  private func build(declares: Bool) throws {
    try CompiledPlugin.build(
      "hostile/hostile.c", flags: ["-DON_LOAD=note_load", "-DNAME=\"mine.node\""], into: folder.path + "/mine.so")
    if declares { try DeclaredPlugin.declare(folder.path + "/mine.so") }
    try? FileManager.default.removeItem(atPath: notes)
  }

  private func graph(_ parameters: String = "", links: String = "fan -> mine -> end") -> String {
    """
    graph: trust
    nodes:
      fan: { type: source.synth, machine: fan }
      mine: { type: mine.node, library: ./mine.so\(parameters) }
      end: { type: sink.null }
    links: \(links)
    """
  }

  // MARK: check

  @Test func checkReadsDeclarationsAndRunsNothing() throws {
    try build(declares: true)
    try folder.write("a.yaml", graph())
    let check = try auscult("check", "a.yaml")
    #expect(check.status == 0 && !hasRun, "\(check.err)")
    #expect(
      check.err.contains(
        "a.yaml:4:37: warning: './mine.so' is not loaded, so formats, latency and memory are not checked"))
    #expect(check.out == "a.yaml: 'trust': checked without the code that it names\n")
    let json = try JSONValue(parsing: Array(try auscult("check", "a.yaml", "--json").out.utf8))
    #expect(json["files"]?.array?.first?["partial"] == true && !hasRun)

    let loaded = try auscult("check", "a.yaml", "--load")
    #expect(loaded.status == 0 && loaded.err == "" && hasRun, "\(loaded.err)")
    #expect(loaded.out.contains("latency of the whole path"))
  }

  @Test func checkFindsMistakesByDeclarationsAlone() throws {
    try build(declares: true)
    for (text, error) in [
      (graph(", att: create"), "a.yaml:4:48: error: mine.node has no parameter 'att'; did you mean 'at'?"),
      (
        graph(", at: crate"), "error: 'at' takes never, create, configure, activate, deactivate or destroy, not 'crate'"
      ),
      (graph(links: "[fan -> mine.inn, mine -> end]"), "has no input 'inn'; did you mean 'in'?"),
      (graph().replacing("mine.node", with: "mine.nod"), "'./mine.so' has no node class 'mine.nod'"),
      (graph().replacing("mine.so", with: "none.so"), "'./none.so': there is no such file"),
    ] {
      try folder.write("a.yaml", text)
      let check = try auscult("check", "a.yaml")
      #expect(check.status == 1 && check.err.contains(error) && !hasRun, "\(check.err)")
    }
  }

  @Test func aPictureRunsNothing() throws {
    try build(declares: true)
    try folder.write("a.yaml", graph())
    let picture = try auscult("graph", "a.yaml")
    #expect(picture.status == 0 && !hasRun, "\(picture.err)")
    #expect(
      picture.out.contains(#""mine" [label="mine\nmine.node"]"#) && picture.out.contains(#""fan" -> "mine""#),
      "\(picture.out)")
    #expect(picture.err.contains("warning: './mine.so' is not loaded"))
    let loaded = try auscult("graph", "a.yaml", "--load")
    #expect(loaded.status == 0 && loaded.out.contains("cluster_realtime") && hasRun, "\(loaded.err)")
  }

  @Test func aLibraryWithoutDeclarationsIsAWarning() throws {
    try build(declares: false)
    try folder.write("a.yaml", graph(", att: 7"))
    let check = try auscult("check", "a.yaml")
    #expect(check.status == 0 && !hasRun, "\(check.err)")
    #expect(check.err.contains("warning: './mine.so' is not loaded, and its file has no section .auscult"))
    #expect(check.err.contains("--load loads it, which runs its code; `auscult declare` adds the section"))
    #expect(try auscult("check", "a.yaml", "--load").status == 1 && hasRun)
    // The rest is still checked.
    try folder.write("a.yaml", graph().replacing("machine: fan", with: "machin: fan"))
    #expect(try auscult("check", "a.yaml").status == 1)
    try folder.write("mine.so", "no library")
    try folder.write("a.yaml", graph())
    let bad = try auscult("check", "a.yaml")
    #expect(bad.status == 1 && bad.err.contains("'./mine.so': it is no library, or is cut short"), "\(bad.err)")
  }

  @Test func checkStartsNoProgram() throws {
    try folder.write("tell", "#!/bin/sh\n: > notes\n")
    try CompiledPlugin.run("chmod", ["755", folder.path + "/tell"])
    try folder.write(
      "a.yaml",
      """
      graph: programs
      nodes:
        fan: { type: source.synth, machine: fan }
        stft: { type: stft }
        mel: { type: mel, bands: 16 }
        judge: { type: detector.process, command: [./tell], threshold: 1 }
        alarm: { type: alarm }
        tell: { type: sink.command, command: [./tell] }
      links: fan -> stft -> mel -> judge -> alarm -> tell
      """)
    let check = try auscult("check", "a.yaml")
    #expect(check.status == 0 && !hasRun, "\(check.err)")
    #expect(check.err.contains("a.yaml:6:3: warning: the program of 'judge' (detector.process) is not started"))
    // Its own words, or the limits' refusal of what it writes: it was started.
    let loaded = try auscult("check", "a.yaml", "--load")
    #expect(loaded.status == 1 && loaded.err.contains("in 'start'"), "\(loaded.err)")
  }

  @Test func classesAreListedWithoutRunningThem() throws {
    try build(declares: true)
    let plugins = folder.path + "/plugins"
    try FileManager.default.createDirectory(atPath: plugins, withIntermediateDirectories: true)
    try FileManager.default.copyItem(atPath: folder.path + "/mine.so", toPath: plugins + "/libauscult-mine.so")
    for arguments in [["nodes"], ["nodes", "mine.node"], ["nodes", "--json"], ["schema"]] {
      let listed = try auscult.run(arguments + ["--plugin-path", plugins])
      #expect(listed.status == 0 && listed.out.contains("mine.node") && !hasRun, "\(arguments): \(listed.err)")
    }
    try folder.write("a.yaml", graph().replacing(", library: ./mine.so", with: ""))
    #expect(try auscult("check", "a.yaml", "--plugin-path", plugins).status == 0 && hasRun)
  }

  @Test func declareNamesWhatItCannotWrite() throws {
    try build(declares: false)
    try folder.write("text.so", "no library")
    let declare = try auscult("declare", "text.so", "mine.so", "none.so")
    #expect(declare.status == 1 && declare.out == "mine.so: 1 node class\n", "\(declare.err)")
    #expect(
      declare.err.contains("text.so: it cannot be loaded") && declare.err.contains("none.so: there is no such file"))
  }

  // MARK: Rights

  /// Changes of rights, the path that is named, and the words of the warning; nil: none.
  @Test(
    arguments: [
      (["chmod 755 plugins"], nil, ""), (["chmod 1777 ."], nil, ""),
      (
        ["chmod 777 plugins"], "plugins",
        "everybody may write to it, so other users choose code that runs here: chmod go-w "
      ),
      (["chmod 1777 plugins"], "plugins", "everybody may write to it"),
      (["chmod 777 ."], "", "everybody may write to it"),
      (["chmod 666 plugins/libauscult-mine.so"], "plugins/libauscult-mine.so", "everybody may write to it"),
      (["chmod 777 other", "mv plugins other", "ln -s other/plugins plugins"], "other", "everybody may write to it"),
    ] as [([String], String?, String)])
  func rightsOfOthersAreWarnedOf(changes: [String], place: String?, words: String) throws {
    try expectWarning(changes, place, words)
  }

  /// Only root can give files away. The group of another user may be its own, of which there is no warning.
  @Test(
    .enabled(if: geteuid() == 0, "only root can give files away"),
    arguments: [
      (["chmod 775 plugins"], "plugins", "its group may write to it"),
      (
        ["chown 12345 plugins"], "plugins",
        "it belongs to user 12345, so other users choose code that runs here: chown root "
      ),
      (["chown 12345 plugins/libauscult-mine.so"], "plugins/libauscult-mine.so", "it belongs to user 12345"),
    ] as [([String], String, String)])
  func whatBelongsToOthersIsWarnedOf(changes: [String], place: String, words: String) throws {
    try expectWarning(changes, place, words)
  }

  /// - Parameter place: nil: there is no warning.
  private func expectWarning(_ changes: [String], _ place: String?, _ words: String) throws {
    try build(declares: true)
    let home = folder.path + "/home"
    let script = """
      umask 022; mkdir -p home/plugins home/other; cp mine.so home/plugins/libauscult-mine.so
      cd home; \(changes.joined(separator: "; "))
      """
    try CompiledPlugin.run("sh", ["-c", "cd \(folder.path); \(script)"])
    try folder.write("a.yaml", graph().replacing(", library: ./mine.so", with: ""))
    for arguments in [
      ["check", "a.yaml"], ["nodes"], ["doctor"], ["run", "a.yaml", "--offline", "--duration", "0.1s"],
    ] {
      let outcome = try auscult.run(arguments + ["--plugin-path", home + "/plugins"])
      let text = outcome.err + outcome.out
      if let place {
        let path = place.isEmpty ? home : home + "/" + place
        #expect(text.contains("\(path): \(words.split(separator: ", so")[0])"), "\(arguments): \(text)")
        if arguments[0] != "doctor" { #expect(text.contains(words), "\(arguments): \(text)") }
      } else {
        #expect(!text.contains("may write to it"), "\(arguments): \(text)")
      }
    }
  }

  @Test func theRightsOfANamedLibraryAreLookedAt() throws {
    try build(declares: true)
    try CompiledPlugin.run("chmod", ["777", folder.path + "/mine.so"])
    try folder.write("a.yaml", graph())
    let warning = "warning: \(folder.path)/mine.so: everybody may write to it"
    #expect(try auscult("check", "a.yaml").err.contains(warning))
    #expect(try auscult("run", "a.yaml", "--offline", "--duration", "0.1s").err.contains(warning))
  }
}

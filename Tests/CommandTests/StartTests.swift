import Foundation
import Glibc
import OutputFiles
import SystemCalls
import TestSupport
import Testing

/// What a start need not do again: open plugins that its graph does not use, try nodes that were tried.
@Suite struct StartTests {
  private let folder = ScratchFolder()
  private var notes: String { folder.path + "/notes" }

  private func auscult(_ arguments: String...) throws -> Outcome { try auscult(arguments) }

  private func auscult(_ arguments: [String]) throws -> Outcome {
    var command = Command(folder)
    command.environment = ["XDG_CACHE_HOME": folder.path + "/cache", "XDG_HOSTILE_NOTES": notes]
    return try command.run(arguments)
  }

  private func build(_ name: String, _ flags: String...) throws {
    try CompiledPlugin.build(
      "hostile/hostile.c", flags: flags + ["-DNAME=\"\(name).node\""],
      into: folder.path + "/libauscult-\(name).so")
  }

  private func write(_ text: String) throws { try folder.write("a.yaml", text) }

  private let graph = """
    graph: start
    nodes:
      fan: { type: source.synth, machine: fan }
      pass: { type: noted.node, at: configure, how: note }
      end: { type: sink.null }
    links: fan -> pass -> end
    """

  private func count(_ word: String) -> Int {
    let lines = (try? String(contentsOfFile: notes, encoding: .utf8)) ?? ""
    return lines.split(separator: "\n").count { $0 == word }
  }

  /// How often a check configures the node: once, and more often where it tries and measures it in child processes first.
  private func configured(_ arguments: String...) throws -> Int {
    let before = count("configure")
    let outcome = try auscult(["check", "a.yaml", "--plugin-path", folder.path] + arguments)
    #expect(outcome.status == 0, "\(outcome.err)")
    return count("configure") - before
  }

  private func grow(_ names: String...) throws {
    try #require(
      Polling.wait(seconds: 20, every: .milliseconds(50)) {
        names.allSatisfy { FileState(folder.path + "/" + $0)!.age > 1.01 }
      })
  }

  @Test func nodesAreTriedOnceUntilSomethingChanges() throws {
    try build("noted")
    try write(graph)
    try grow("libauscult-noted.so")
    #expect(try configured() > 1)
    #expect(try configured() == 1)
    #expect(try configured("--rate", "16000") > 1)
    #expect(try configured("--set", "pass.at=activate") == 0)
    try write(graph.replacing("graph: start", with: "graph: other"))
    #expect(try configured() > 1)
    try build("noted", "-DON_LOAD=note_load")
    try grow("libauscult-noted.so")
    #expect(try configured() > 1)
    #expect(try configured() == 1)
  }

  /// A watch whose log grows is not tried again at each start.
  @Test func anOutputMayGrow() throws {
    try build("noted")
    try write(graph.replacing("type: sink.null", with: "type: sink.wav, path: out.wav"))
    try folder.write("out.wav", wav([0, 0], rate: 48000))
    try grow("libauscult-noted.so", "out.wav")
    #expect(try configured() > 1)
    try folder.write("out.wav", wav([0, 0, 0], rate: 48000))
    #expect(try configured() == 1)
  }

  /// A trial that failed is not remembered.
  @Test func aNodeThatCrashesIsTriedAgain() throws {
    try build("noted")
    try write(graph.replacing("how: note", with: "how: crash"))
    try grow("libauscult-noted.so")
    for _ in 0..<2 {
      let outcome = try auscult("check", "a.yaml", "--plugin-path", folder.path)
      #expect(outcome.status == 1 && outcome.err.contains("crashes (SIGSEGV) in configure"), "\(outcome.err)")
    }
  }

  @Test func aLibraryThatTheGraphDoesNotUseIsOpenedOnce() throws {
    try build("noted")
    try build("spare", "-DON_LOAD=note_load")
    try write(graph)
    try grow("libauscult-noted.so", "libauscult-spare.so")
    _ = try auscult("check", "a.yaml", "--plugin-path", folder.path)
    let first = count("load")
    let outcome = try auscult("check", "a.yaml", "--plugin-path", folder.path)
    #expect(outcome.status == 0 && first > 0 && count("load") == first, "\(outcome.err)")
    let all = try auscult("nodes", "--plugin-path", folder.path)
    #expect(all.out.contains("spare.node") && count("load") == first + 1)
  }

  /// Foundation's international part has 38 MB of tables, which a locked program would keep in memory.
  @Test func theProgramDoesNotLoadFoundationsTables() throws {
    let needed = try CompiledPlugin.run("ldd", [Command.path])
    #expect(needed.contains("libswiftCore") && !needed.contains("FoundationICU"), "\(needed)")
  }
}

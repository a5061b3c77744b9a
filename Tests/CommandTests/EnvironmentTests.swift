import Foundation
import TestSupport
import Testing

/// Processes that run code of others get the listed variables only: passwords lie in others.
struct EnvironmentTests {
  private let folder = ScratchFolder()
  private var auscult: Command {
    var command = Command(folder)
    command.environment = ["TEST_TOKEN": "secret", "LC_TEST": "C", "OMP_NUM_THREADS": "1"]
    return command
  }

  init() throws { try folder.write("sound.wav", wav([Int16](repeating: 1000, count: 40_000))) }

  private func run(_ judge: String) throws -> Outcome {
    try folder.write(
      "graph.yaml",
      """
      graph: environment
      nodes:
        mic:    { type: source }
        stft:   { type: stft, length: 512, hop: 256 }
        mel:    { type: mel, bands: 16 }
        judge:  { type: \(judge) }
        log:    { type: sink.jsonl, path: log.jsonl }
      links: [ mic -> stft -> mel -> judge -> log ]
      """)
    return try auscult("run", "graph.yaml", "--input", "sound.wav")
  }

  @Test func anIsolatedPluginGetsNoToken() throws {
    let library = "\(BuildFolder.path)/libtestplugin-misbehaving.so"
    let outcome = try run("test.misbehaving, library: \(library), how: environment, isolate: true")
    #expect(outcome.err.contains("exit status 5") && outcome.err.contains("language 1"), "\(outcome.err)")
    #expect(outcome.err.contains("path 1"), "\(outcome.err)")
    // Neither in its variables nor in its own /proc; and with Landlock not in the host's.
    let landlock = try CompiledPlugin.run(
      "python3", ["-c", "import ctypes; print(ctypes.CDLL(None).syscall(444, None, 0, 1) > 0)"])
    #expect(outcome.err.contains("saying 'token 00" + (landlock == "True\n" ? "0," : "")), "\(outcome.err)")
  }

  /// A program of the user gets it when the graph says so.
  @Test(arguments: [("", "no token, threads 1"), (", environment: [TEST_TOKEN]", "secret, threads 1")])
  func aProgramGetsWhatTheGraphNames(more: String, said: String) throws {
    try folder.write(
      "tell.py",
      """
      import os, sys
      sys.exit(os.environ.get("TEST_TOKEN", "no token") + ", threads " + os.environ.get("OMP_NUM_THREADS", "?"))
      """)
    let outcome = try run("detector.process, command: [/usr/bin/python3, \(folder.path)/tell.py]\(more)")
    #expect(outcome.status == 1 && outcome.err.contains("saying '\(said)'"), "\(outcome.err)")
  }

  @Test func aVariableThatIsNotSetIsAnErrorAtItsPlace() throws {
    let outcome = try run("detector.process, command: [/usr/bin/python3, x.py], environment: [TEST_NONE]")
    #expect(outcome.status == 1 && outcome.err.contains("graph.yaml:6:"), "\(outcome.err)")
    #expect(outcome.err.contains("the environment has no variable 'TEST_NONE'"), "\(outcome.err)")
  }

  /// The child that loads a plugin first: there this one misses its variable.
  @Test func aPluginOnTrialGetsNoToken() throws {
    try FileManager.default.createDirectory(atPath: folder.path + "/plugins", withIntermediateDirectories: true)
    try CompiledPlugin.build(
      "hostile/hostile.c", flags: ["-DON_LOAD=need_token"], into: folder.path + "/plugins/libauscult-needs.so")
    let outcome = try auscult("nodes", "--plugin-path", "plugins")
    #expect(outcome.err.contains("libauscult-needs.so: it ends the program (exit status 7)"), "\(outcome.err)")
  }

  @Test func aPluginUnderTestGetsNoToken() throws {
    let library = folder.path + "/libhostile.so"
    try CompiledPlugin.build("hostile/hostile.c", into: library)
    let outcome = try auscult("conformance", library, "--check", "life", "--set", "at=create", "--set", "how=token")
    #expect(outcome.status == 1 && outcome.out.contains("exit status 7"), "\(outcome.out)\(outcome.err)")
  }
}

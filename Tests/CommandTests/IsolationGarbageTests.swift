import Foundation
import Glibc
import RunControl
import TestSupport
import Testing

/// Processes that write garbage into the memory that they share with the run, or leave other processes behind. They
/// take the place of `auscult-node`, so that nothing limits them.
@Suite struct IsolationGarbageTests {
  private let folder = ScratchFolder()
  private static var isLong: Bool { !(ProcessInfo.processInfo.environment["AUSCULT_LONG"] ?? "").isEmpty }

  init() throws {
    var random = SeededRandom(seed: 4)
    try folder.write("sound.wav", wav(random.noise(frames: 48_000)[0].map { Int16($0 * 8000) }))
  }

  private func run(_ judge: String, environment: [String: String]) throws -> Outcome {
    try folder.write(
      "graph.yaml",
      """
      graph: garbage
      nodes:
        mic:    { type: source }
        stft:   { type: stft, length: 512, hop: 256 }
        mel:    { type: mel, bands: 16 }
        slices: { type: slicer, length: 8, hop: 1 }
        judge:  { type: \(judge) }
        good:   { type: detector.bands, learn: 1 s }
        log:    { type: sink.jsonl, path: log.jsonl, append: false }
        rest:   { type: sink.jsonl, path: rest.jsonl, append: false }
      links:
        - mic -> stft -> mel -> slices -> judge -> log
        - slices -> good -> rest
      """)
    var auscult = Command(folder)
    auscult.environment = environment
    return try auscult("run", "graph.yaml", "--input", "sound.wav", "--quiet", seconds: 120)
  }

  /// The scores of the detector beside it.
  private func rest() throws -> [Substring] {
    try folder.text("rest.jsonl").split(separator: "\n").filter { $0.contains("\"kind\":\"score\"") }
  }

  // MARK: Garbage

  private func garbage() throws -> String {
    let program = folder.path + "/garbage"
    try CompiledPlugin.run("cc", ["-O1", "-o", program, BuildFolder.package + "/Tests/Fixtures/programs/garbage.c"])
    return program
  }

  private func judge(_ program: String, seed: UInt64, way: String) throws -> Outcome {
    let outcome = try run(
      "detector.level, isolate: true", environment: ["AUSCULT_NODE": program, "XDG_GARBAGE": "\(seed) \(way)"])
    // Not a crash: its status would be the signal's number.
    #expect(outcome.status <= 1, "seed \(seed) \(way): \(outcome.err)")
    return outcome
  }

  /// Random bytes over everything, wrong counts, lengths, kinds and positions, in every second answer.
  @Test func garbageInTheCallsIsFound() throws {
    let program = try garbage()
    _ = try run("detector.level", environment: [:])
    let whole = try rest()
    try #require(whole.count > 100)
    var random = SeededRandom.fresh()
    print("seed \(random.seed)")
    var restarts = 0
    for _ in 0..<(Self.isLong ? 200 : 4) {
      let seed = random.next() % 1_000_000
      let outcome = try judge(program, seed: seed, way: "process")
      restarts += outcome.err.components(separatedBy: "judge: its process ").count - 1
      #expect(try rest() == whole, "seed \(seed)")
      for line in try folder.text("log.jsonl").split(separator: "\n") {
        #expect(throws: Never.self, "seed \(seed): \(line)") { try JSONValue(parsing: Array(line.utf8)) }
      }
    }
    #expect(restarts > 4)
  }

  /// Wrong numbers in the answer to `configure`: the node has an error, or the run goes on with what they say.
  @Test func garbageInAFormatIsFound() throws {
    let program = try garbage()
    var random = SeededRandom.fresh()
    print("seed \(random.seed)")
    var errors = 0
    for _ in 0..<(Self.isLong ? 500 : 25) {
      let outcome = try judge(program, seed: random.next() % 1_000_000, way: "configure")
      if outcome.err.contains("graph.yaml:7:") || outcome.err.contains("judge") { errors += 1 }
    }
    #expect(errors > 5)
  }

  /// A message that never ends, and a turn that changes all the time.
  @Test(arguments: ["forever", "turn"]) func aProcessThatNeverAnswersIsEnded(way: String) throws {
    let outcome = try judge(try garbage(), seed: 5, way: way)
    #expect(
      outcome.err.contains("judge: its process did not return from 'process' within 1 s")
        || outcome.err.contains("judge: its process broke the rules of its messages"), "\(outcome.err)")
  }

  // MARK: Processes that are left behind

  /// - Parameter way: the grandchild stays in the group, leaves it, or also closes what it prints to.
  @Test(arguments: ["group", "session", "closed"]) func whatAProcessLeavesBehindIsEnded(way: String) throws {
    // Without any limits: the program could make no process with them.
    try folder.write(
      "unlimited", "#!/bin/sh\nwhile [ \"$1\" != -- ]; do shift; done\nshift\nexec \"$@\"\n")
    chmod(folder.path + "/unlimited", 0o755)
    let detector = try String(contentsOfFile: BuildFolder.package + "/docs/examples/detector.py", encoding: .utf8)
    try folder.write(
      "leaves.py",
      detector.replacing(
        "    elif kind == PROCESS:\n",
        with: """
              elif kind == PROCESS:
                  calls = globals().get("calls", 0) + 1
                  if calls == 20:
                      import os, time
                      if os.fork() == 0:
                          if "\(way)" != "group":
                              os.setsid()
                          with open("left", "a") as file:
                              file.write(f"{os.getpid()}\\n")
                          if "\(way)" == "closed":
                              for number in 0, 1, 2, 3:
                                  os.close(number)
                          time.sleep(600)
                      while not os.path.exists("left"):
                          time.sleep(0.001)
                      os._exit(6)

          """))
    let outcome = try run(
      "detector.process, command: [/usr/bin/python3, leaves.py], threshold: 1",
      environment: ["AUSCULT_NODE": folder.path + "/unlimited"])
    #expect(
      outcome.err.contains(
        "judge: its process ended itself (exit status 6) in 'process', and left other processes behind"),
      "\(outcome.err)")
    let left = try folder.text("left").split(separator: "\n").map { try #require(pid_t($0)) }
    #expect(!left.isEmpty)
    for process in left {
      // A zombie is somebody else's to collect.
      try waitUntil {
        let status = (try? String(contentsOfFile: "/proc/\(process)/status", encoding: .utf8)) ?? "State:\tZ"
        return status.contains("State:\tZ")
      }
    }
    #expect(try rest().count > 100)
  }
}

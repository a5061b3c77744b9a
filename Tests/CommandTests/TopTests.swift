import Foundation
import Glibc
import TestSupport
import Testing

/// `auscult top` in a shell on a terminal, by keys, over a real run on a private server.
@Suite(
  .serialized, .oneServerAtATime,
  .enabled(if: FileManager.default.isExecutableFile(atPath: "/usr/bin/jackd"), "jackd is not installed"))
struct TopTests {
  /// A machine whose detector calls everything anomalous, so that an alarm comes at once.
  private static let graph = """
    graph: live
    nodes:
      fan: { type: source.synth, machine: fan, machines: [fan] }
      louder: { type: gain, gain: 1 }
      stft: { type: stft, length: 1024, hop: 512 }
      mel: { type: mel, bands: 32 }
      level: { type: normalize, mode: decibel }
      slices: { type: slicer, length: 0.1 s, hop: 50 % }
      judge: { type: detector.level, learn: 0.5 s, threshold: -1000 }
      alarm: { type: alarm, on: 0.2 s, off: 2 s }
      log: { type: sink.null }
    links:
      - fan -> louder -> stft -> mel -> level -> slices -> judge -> alarm -> log

    """

  @Test func aPersonUsesItsKeys() throws {
    let folder = ScratchFolder()
    try folder.write("live.yaml", Self.graph)
    let name = "test-\(getpid())-\(UInt32.random(in: 0...UInt32.max))"
    let run = try LiveCommand(
      Command(folder), arguments: ["run", "live.yaml", "--start-server", "--name", name])
    try run.wait(for: "auscult: latency ")
    let person = try Command(folder).prepared([])
    person.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    person.arguments = ["python3", BuildFolder.package + "/Tests/Fixtures/top/keys.py", Command.path, name]
    let out = folder.scratch()
    person.standardOutput = FileHandle(forWritingAtPath: out)
    person.standardError = FileHandle(forWritingAtPath: out)
    try person.runWithin(seconds: 240)
    #expect(try String(contentsOfFile: out, encoding: .utf8) == "all keys work\n")
    #expect(person.terminationStatus == 0)
    #expect(try run.end().status == 0)
  }
}

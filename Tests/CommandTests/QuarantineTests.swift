import Foundation
import Glibc
import TestSupport
import Testing

/// A node that takes several periods for each call, on a private dummy server.
@Suite(
  .serialized, .oneServerAtATime,
  .enabled(if: FileManager.default.isExecutableFile(atPath: "/usr/bin/jackd"), "jackd is not installed"))
struct QuarantineTests {
  private let folder = ScratchFolder()
  private let name = "test-\(getpid())-\(UInt32.random(in: 0...UInt32.max))"

  /// On the audio thread and on a worker, whose queue is full first.
  @Test(arguments: ["realtime", "worker"]) func aNodeThatOverrunsIsTakenOut(thread: String) throws {
    let library = "library: \(BuildFolder.path)/libtestplugin-faulty.so"
    try folder.write(
      "slow.yaml",
      """
      graph: slow
      nodes:
        tone: { type: source.synth, machine: fan }
        bad: { type: test.faulty, \(library), fault: slow, after: 100, thread: \(thread) }
        good: { type: test.faulty, \(library) }
        log: { type: sink.jsonl, path: log.jsonl }
      links: [ tone -> bad -> log, tone -> good -> log ]
      """)
    let auscult = Command(folder)
    let live = try LiveCommand(
      auscult, arguments: ["run", "slow.yaml", "--start-server", "--name", name, "--rate", "48000", "--period", "256"])
    let said = try live.wait(for: "overran its budget")
    #expect(said.contains("error: bad: overran its budget in 5 of the last"), "\(said)")
    try live.wait(for: "bad: a new instance of the node is tried in 1.0 s")
    let status = try auscult("status", name)
    #expect(status.out.contains("failures  bad: "), "\(status.out)")
    if thread == "realtime" {
      // The new instance is as slow: it is taken back, and the next one waits longer.
      try live.wait(for: "bad: a new instance of the node is tried in 2.0 s")
    }
    live.signal(SIGTERM)
    let outcome = try live.end(seconds: 60)
    #expect(outcome.status == 1 && !outcome.err.contains("good: overran"), "\(outcome.err)")
    let records = try String(contentsOfFile: folder.path + "/log.jsonl", encoding: .utf8).split(separator: "\n")
    #expect(records.contains { $0.contains(#""kind":"quarantine""#) && $0.contains(#""state":"out""#) })
  }
}

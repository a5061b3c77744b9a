import Foundation
import RunControl
import TestSupport
import Testing

@Suite struct BenchTests {
  private let folder = ScratchFolder()
  private var auscult: Command { Command(folder) }

  @Test func figuresForEveryNode() throws {
    try folder.write("watch.yaml", watchGraph)
    let outcome = try auscult("bench", "watch.yaml", "--seconds", "2", "--rate", "16kHz", "--json")
    #expect(outcome.status == 0)
    #expect(outcome.err == "")
    let figures = try JSONValue(parsing: Array(outcome.out.utf8))
    let nodes = try #require(figures["nodes"]?.array)
    #expect(
      Set(nodes.compactMap { $0["name"]?.text })
        == ["mic", "stft", "mel", "level", "slices", "judge", "bands", "log"])
    #expect(try #require(nodes.first { $0["name"] == "stft" }?["ns_per_cycle"]?.number) > 0)
    let cycle = try #require(figures["cycle_ns"]?.number)
    #expect(cycle > 0 && cycle.isFinite)
    let times = try ["p50", "p99", "p999", "max"].map { try #require(figures["cycle_\($0)_ns"]?.integer) }
    #expect(times[0] > 0 && times == times.sorted())
    #expect(try #require(figures["stamp_ns"]?.number) > 0)
    #expect(try #require(figures["factor"]?.number) > 1)
    #expect(figures["overhead_ns_per_node_and_cycle"]?.number?.isFinite == true)
  }

  @Test func recordsOfOthersAreNotTouched() throws {
    try folder.write("watch.yaml", watchGraph)
    try folder.write("log.jsonl", "precious\n")
    try folder.write("tone.wav", wav((0..<32000).map { Int16(truncatingIfNeeded: $0 * 37) }))
    let outcome = try auscult("bench", "watch.yaml", "--input", "tone.wav", "--period", "64")
    #expect(outcome.status == 0)
    #expect(outcome.out.hasPrefix("'watch' at 16000 Hz, 64 frames a cycle: 2.0 s of tone.wav\n"))
    #expect(outcome.out.contains("\nreal-time factor  "))
    #expect(
      outcome.out.contains(#/\ncycle times       half at most \d+ ns, 99 % \d+ ns, 99.9 % \d+ ns, longest \d+ ns\n/#))
    #expect(try folder.text("log.jsonl") == "precious\n")
    #expect(!folder.contains("bands.npy"))
  }

  @Test func aFileThatCannotBeReadIsAnError() throws {
    try folder.write("plain.yaml", plainGraph)
    let outcome = try auscult("bench", "plain.yaml", "--input", "none.wav")
    #expect(outcome.status == 1)
    #expect(outcome.err == "auscult: error: none.wav: No such file or directory; check the path\n")
  }
}

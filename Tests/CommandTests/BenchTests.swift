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
    let times = try ["p50", "p99", "p999", "p9999", "max"].map { try #require(figures["cycle_\($0)_ns"]?.integer) }
    #expect(times[0] > 0 && times == times.sorted())
    #expect(try #require(figures["stamp_ns"]?.number) > 0)
    #expect(try #require(figures["factor"]?.number) > 1)
    #expect(figures["overhead_ns_per_node_and_cycle"]?.number?.isFinite == true)
    let whole = try #require(figures["run_ns_per_cycle"]?.number)
    let parts = try #require(figures["run_parts"])
    let names = ["nodes_ns", "engine_ns", "reading_ns", "driver_ns"]
    let sum = try names.reduce(0) { $0 + (try #require(parts[$1]?.number)) }
    #expect(whole > 0 && abs(sum - whole) < 1e-6 * whole, "\(outcome.out)")
    #expect(try #require(parts["reading_ns"]?.number) > 0)
    let memory = try #require(figures["memory"])
    let (resident, own) = (try #require(memory["resident"]?.integer), try #require(memory["graph"]?.integer))
    #expect(own > 0 && own < resident, "\(outcome.out)")
  }

  /// The number is this computer's; the order of the measurements is not.
  @Test func findsHowManyMachinesACoreCarries() throws {
    try folder.write("heavy.yaml", heavyGraph)
    let outcome = try auscult("bench", "heavy.yaml", "--machines", "--period", "16", "--rate", "192kHz", "--json")
    #expect(outcome.status == 0, "\(outcome.err)")
    let figures = try JSONValue(parsing: Array(outcome.out.utf8))
    let machines = try #require(figures["machines"]?.integer)
    let loads = try #require(figures["loads"]?.array)
    #expect(!loads.isEmpty)
    for load in loads {
      let (count, holds) = (try #require(load["machines"]?.integer), load["holds"] == .boolean(true))
      #expect(try #require(load["core"]?.number) > 0 && (try #require(load["p999_of_period"]?.number)) > 0)
      // Noise of a busy computer may let a smaller number fail, but the answer is one that held.
      if count == machines { #expect(holds) } else if count > machines { #expect(!holds) }
    }
  }

  /// A long transform in each short cycle, so that few machines fill a core and the search is short.
  private let heavyGraph = """
    graph: heavy
    nodes:
      mic: { type: source, machines: [fan] }
      stft: { type: stft, length: 8192, hop: 16 }
      out: { type: sink.null }
    links: mic -> stft -> out
    """

  @Test func machinesNeedASource() throws {
    try folder.write(
      "own.yaml",
      """
      graph: own
      nodes:
        fan: { type: source.synth }
        out: { type: sink.null }
      links: fan -> out
      """)
    let outcome = try auscult("bench", "own.yaml", "--machines")
    #expect(outcome.status == 1)
    #expect(
      outcome.err == "auscult: error: 'own' has no source that listens: --machines has nothing to raise\n")
  }

  @Test func cyclesWhileTheGraphChanges() throws {
    try folder.write("watch.yaml", watchGraph)
    let arguments = ["bench", "watch.yaml", "--swap", "slices.hop=25%", "--period", "64", "--seconds", "30"]
    let outcome = try auscult.run(arguments + ["--json"])
    #expect(outcome.status == 0 && outcome.err == "", "\(outcome.err)")
    let figures = try JSONValue(parsing: Array(outcome.out.utf8))
    #expect(try #require(figures["changes"]?.integer) > 1, "\(outcome.out)")
    #expect(figures["given_up"]?.integer == 0)
    let number = { (row: String, figure: String) in try #require(figures[row]?[figure]?.integer) }
    #expect(try number("all", "cycles") == number("changing", "cycles") + number("between", "cycles"))
    #expect(try number("all", "cycles") >= 22_000 && number("changing", "cycles") > 0)
    for row in ["all", "changing", "between", "elapsed"] {
      let times = try ["p50_ns", "p99_ns", "p999_ns", "p9999_ns", "max_ns"].map { try number(row, $0) }
      #expect(times == times.sorted(), "\(row): \(times)")
    }
    #expect(try #require(figures["all"]?["p9999_of_period"]?.number) > 0)
    let text = try auscult.run(arguments)
    #expect(text.out.contains(#/^'watch' at 48000 Hz, 64 frames a cycle: 30.0 s of noise, \d+ changes, 0 given up\n/#))
    let same = try auscult("bench", "watch.yaml", "--swap", "slices.hop=50%")
    #expect(same.err == "auscult: error: --swap changes nothing: the graph has this value already\n")
    let wrong = try auscult("bench", "watch.yaml", "--swap", "slices.hopp=2")
    #expect(wrong.status == 1 && wrong.err.contains("did you mean 'hop'?"), "\(wrong.err)")
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
      outcome.out.contains(
        #/\ncycle times       half at most \d+ ns, 99 % \d+ ns, 99.9 % \d+ ns, 99.99 % \d+ ns, longest \d+ ns\n/#))
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

import Foundation
import RunControl
import TestSupport
import Testing

@Suite struct CheckTests {
  private let folder = ScratchFolder()
  private var auscult: Command { Command(folder) }

  @Test func aGoodGraphGivesATable() throws {
    try folder.write("plain.yaml", plainGraph)
    let outcome = try auscult("check", "plain.yaml")
    #expect(outcome.status == 0)
    #expect(outcome.err == "")
    let lines = outcome.out.split(separator: "\n").map(String.init)
    #expect(lines[0] == "plain.yaml: 'plain' at 48000 Hz, 1024 frames a cycle")
    // The column of memory is tested with the engine, those of times depend on the computer.
    let rows = lines[1...4].map { cells($0) }
    let table = rows.map { Array($0.prefix(6)) }
    #expect(rows[0].suffix(4) == ["memory", "worst", "of period", "placed by"])
    #expect(rows.map(\.last) == ["placed by", "samples of the driver", "fits", "may block"])
    #expect(rows[2][7].hasSuffix(" µs") && rows[2][8].hasSuffix(" %"), "\(rows[2])")
    #expect(rows[3].suffix(3) == ["-", "-", "may block"])
    #expect(
      table == [
        ["node", "class", "thread", "output", "latency", "path"],
        ["mic", "source", "realtime", "audio, 1 channel, 48000 Hz", "0", "0"],
        ["louder", "gain", "realtime", "audio, 1 channel, 48000 Hz", "0", "0"],
        ["end", "sink.null", "worker", "-", "0", "0"],
      ])
    #expect(lines[5].hasPrefix("latency of the whole path: 0; memory: "))
    #expect(lines.count == 6)
  }

  @Test func latenciesAddUpAndDependOnTheRate() throws {
    try folder.write("watch.yaml", watchGraph)
    for rate in [16000, 44100] {
      let outcome = try auscult("check", "watch.yaml", "--json", "--rate", "\(rate)")
      let file = try #require(try JSONValue(parsing: Array(outcome.out.utf8))["files"]?.array?.first)
      #expect(file["rate"] == .integer(Int64(rate)))
      let nodes = try #require(file["nodes"]?.array)
      let stft = try #require(nodes.first { $0["name"] == "stft" })
      #expect(stft["outputs"]?.array?[0]["format"]?.text?.hasPrefix("spectrum, 1 channel x 257 bins, ") == true)
      let judge = try #require(nodes.first { $0["name"] == "judge" })
      #expect(judge["thread"] == "worker")
      let frames = nodes.filter { !["bands", "log"].contains($0["name"]?.text) }.reduce(0) {
        $0 + ($1["latency"]?["frames"]?.integer ?? 0)
      }
      #expect(frames > 0)
      #expect(file["latency"]?["frames"]?.integer == frames)
      #expect(file["latency"]?["milliseconds"]?.number == Double(frames) * 1000 / Double(rate))
    }
  }

  @Test func checkOpensNothing() throws {
    try folder.write("watch.yaml", watchGraph)
    #expect(try auscult("check", "watch.yaml").status == 0)
    #expect(!folder.contains("log.jsonl"))
    #expect(!folder.contains("bands.npy"))
  }

  /// The plan of the second check is the same, although times differ: they are remembered.
  @Test func aGraphIsMeasuredOnce() throws {
    // Known by its state, so not one that has just changed.
    try folder.write("watch.yaml", watchGraph)
    let arguments = ["check", "watch.yaml", "--json", "--period", "64", "--rate", "16kHz"]
    let worst = { (out: String) throws -> [Int64] in
      let file = try #require(try JSONValue(parsing: Array(out.utf8))["files"]?.array?.first)
      #expect(file["period"] == 64)
      let nodes = try #require(file["nodes"]?.array)
      let stft = try #require(nodes.first { $0["name"] == "stft" })
      #expect(stft["placed_by"] == "fits" && stft["thread"] == "realtime")
      #expect(try #require(stft["share_of_period"]?.number) > 0)
      #expect(nodes.first { $0["name"] == "judge" }?["worst_ns"] == nil)
      return nodes.compactMap { $0["worst_ns"]?.integer }
    }
    let first = try worst(try auscult.run(arguments).out)
    #expect(first.count >= 5 && first.contains { $0 > 0 })
    #expect(try worst(try auscult.run(arguments).out) == first)
  }

  @Test func allErrorsOfAllFilesAreTold() throws {
    try folder.write("plain.yaml", plainGraph)
    try folder.write(
      "bad.yaml",
      """
      graph: bad
      nodes:
        mic: { type: source }
        louder: { type: gain, gian: 2 }
        end: { type: sink.nul }
      links: mic -> louder -> end
      """)
    let outcome = try auscult("check", "bad.yaml", "plain.yaml", "none.yaml")
    #expect(outcome.status == 1)
    #expect(outcome.out.hasPrefix("plain.yaml: 'plain' at 48000 Hz, 1024 frames a cycle\n"))
    #expect(
      outcome.err.hasPrefix(
        """
        bad.yaml:4:25: error: gain has no parameter 'gian'; did you mean 'gain'?
          louder: { type: gain, gian: 2 }
                                ^~~~
        bad.yaml:5:16: error: there is no node class 'sink.nul'; did you mean 'sink.null'?
          end: { type: sink.nul }
                       ^~~~~~~~

        """), "\(outcome.err)")
    #expect(outcome.err.contains("none.yaml"))
  }

  @Test func errorsAsJSON() throws {
    try folder.write("bad.yaml", plainGraph.replacing("type: gain", with: "type: gian"))
    let outcome = try auscult("check", "--json", "bad.yaml")
    #expect(outcome.status == 1)
    #expect(outcome.err == "")
    let file = try #require(try JSONValue(parsing: Array(outcome.out.utf8))["files"]?.array?.first)
    #expect(file["nodes"] == nil)
    let diagnostic = try #require(file["diagnostics"]?.array?.first)
    #expect(diagnostic["severity"] == "error")
    #expect(diagnostic["line"] == 4)
    #expect(diagnostic["suggestion"] == "gain")
  }

  @Test func overridesAreCheckedLikeTheFile() throws {
    try folder.write("plain.yaml", plainGraph)
    #expect(try auscult("check", "plain.yaml", "--set", "louder.gain=0.5").status == 0)
    let outcome = try auscult("check", "plain.yaml", "--set", "louder.gian=0.5")
    #expect(outcome.status == 1)
    #expect(outcome.err.contains("gain has no parameter 'gian'; did you mean 'gain'?"))
  }
}

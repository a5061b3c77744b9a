import Foundation
import RunControl
import TestSupport
import Testing

/// The memory that a graph needs is added up before it is allocated, and refused at the node that needs it.
@Suite struct MemoryTests {
  private let folder = ScratchFolder()
  private var auscult: Command { Command(folder) }

  private func check(_ file: String, _ arguments: String...) throws -> JSONValue {
    let outcome = try auscult.run(["check", file, "--json"] + arguments)
    return try #require(try JSONValue(parsing: Array(outcome.out.utf8))["files"]?.array?.first)
  }

  /// Runs a command with the given limit of address space.
  private func within(_ kibibytes: Int, _ arguments: [String]) throws -> Outcome {
    let process = try auscult.prepared([])
    process.executableURL = URL(fileURLWithPath: "/bin/sh")
    process.arguments = ["-c", "ulimit -v \(kibibytes); exec \"$0\" \"$@\"", Command.path] + arguments
    let (out, err) = (folder.scratch(), folder.scratch())
    process.standardOutput = FileHandle(forWritingAtPath: out)
    process.standardError = FileHandle(forWritingAtPath: err)
    try process.runWithin(seconds: 120)
    return Outcome(
      status: process.terminationStatus, out: try String(contentsOfFile: out, encoding: .utf8),
      err: try String(contentsOfFile: err, encoding: .utf8))
  }

  private static let channels = """
    graph: many
    nodes:
      mic: { type: source }
      more: { type: source }
      both: { type: mix }
      stft: { type: stft, length: 512, hop: 256, center: false }
      mel: { type: mel, bands: 16 }
      slices: { type: slicer, length: 4 frames, hop: 4 frames }
      judge: { type: detector.level, learn: 0.05 s }
      alarm: { type: alarm, on: 0 s, off: 1 s }
      log: { type: sink.jsonl, path: log.jsonl }
    links:
      - mic -> both
      - more -> both
      - both -> stft -> mel -> slices -> judge -> alarm -> log
      - judge -> log
    """

  /// Includes sinks and events: an alarm of 256 channels once took 10 GB, one of 768 ended `check`.
  @Test func memoryGrowsWithTheChannelsAndNotWithTheirSquare() throws {
    try folder.write("many.yaml", Self.channels)
    var each: [Int64] = []
    for channels in [1, 64, 256, 1024] {
      let report = try check(
        "many.yaml", "--set", "mic.channels=\(channels)", "--set", "more.channels=\(channels)", "--memory", "64GB")
      each.append(try #require(report["memory"]?.integer) / Int64(channels))
    }
    #expect(each[1...].allSatisfy { $0 <= each[0] + 4096 }, "bytes a channel: \(each)")
  }

  @Test func aThousandChannelsRunInOrdinaryMemory() throws {
    try folder.write("many.yaml", Self.channels)
    for channels in [1, 64, 1024] {
      try folder.write(
        "s.wav", wav([Int16](repeating: 1000, count: 2 * channels * 3000), channels: min(1024, channels)))
      let outcome = try within(
        5_000_000,
        [
          "run", "many.yaml", "--input", "s.wav", "--set", "mic.channels=\(max(1, channels / 2))", "--set",
          "more.channels=\(max(1, channels / 2))", "--memory", "64GB",
        ] + (channels == 1 ? ["--set", "more.type=source.synth"] : []))
      #expect(outcome.status == 0, "\(channels): \(outcome.err)")
    }
  }

  /// A window of a second that moves by two samples, and others of its kind.
  @Test(arguments: [
    ("stft: { type: stft, length: 1 s, hop: 2 }", "mic -> stft -> end", "stft"),
    ("stft: { type: stft, length: 65536, hop: 1 }", "mic -> stft -> end", "stft"),
    (
      "stft: { type: stft, hop: 2097152 }\n  mel: { type: mel, bands: 16384 }\n  cut: { type: slicer, length: 4096 }",
      "mic -> stft -> mel -> cut -> end", "cut"
    ),
    (
      "stft: { type: stft }\n  mel: { type: mel }\n  cut: { type: slicer, length: 100000, hop: 1 }",
      "mic -> stft -> mel -> cut -> end", "cut"
    ),
    (
      "stft: { type: stft, length: 1024, hop: 2 }\n  learn: { type: detector.bands, learn: 1000000 s }\n  "
        + "mel: { type: mel, bands: 16384 }", "mic -> stft -> mel -> learn -> end", "learn"
    ),
  ]) func whatIsTooMuchIsRefusedAtItsNode(nodes: String, link: String, node: String) throws {
    try folder.write(
      "big.yaml",
      "graph: big\nnodes:\n  mic: { type: source, channels: 16 }\n  \(nodes)\n  end: { type: sink.null }\nlinks: \(link)\n"
    )
    for command in [["check", "big.yaml"], ["run", "big.yaml", "--input", "s.wav"]] {
      try folder.write("s.wav", wav([Int16](repeating: 0, count: 16 * 2048), rate: 48000, channels: 16))
      let outcome = try within(4_000_000, command + ["--memory", "1GB"])
      #expect(outcome.status == 1, "\(outcome.status) \(outcome.err)")
      #expect(outcome.err.contains(/big\.yaml:\d+:\d+: error: node '/), "\(outcome.err)")
      #expect(outcome.err.contains("node '\(node)'"), "\(outcome.err)")
      #expect(outcome.err.contains("iB") && outcome.err.contains("--memory"), "\(outcome.err)")
    }
  }

  @Test func theLimitIsHalfOfWhatIsFreeUnlessItIsGiven() throws {
    try folder.write("watch.yaml", watchGraph)
    #expect(try auscult("check", "watch.yaml").status == 0)
    let small = try auscult("check", "watch.yaml", "--memory", "100 kB")
    #expect(small.status == 1)
    #expect(small.err.contains("97.7 KiB are allowed (--memory)"), "\(small.err)")
    #expect(try auscult("check", "watch.yaml", "--memory", "nothing").status == 64)
    // The process has less than the graph needs: the limit follows.
    let huge = try within(2_000_000, ["check", "watch.yaml", "--set", "stft.hop=1", "--set", "stft.length=262144"])
    #expect(huge.status == 1)
    #expect(huge.err.contains("are allowed (half of what is free)"), "\(huge.err)")
  }
}

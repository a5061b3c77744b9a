import Foundation
import TestSupport
import Testing

/// Several files at once: every output is the same as with one file after the other.
@Suite struct JobsTests {
  private let folder = ScratchFolder()
  private var auscult: Command { Command(folder) }

  private static let graph = """
    graph: watch
    nodes:
      mic: { type: source, machines: [fan-00] }
      stft: { type: stft, length: 512, hop: 256 }
      mel: { type: mel, bands: 32 }
      level: { type: normalize, mode: rolling }
      slices: { type: slicer, length: 8 frames, hop: 50 % }
      judge: { type: detector.level, learn: 0.5 s, threshold: 1 }
      alarm: { type: alarm, on: 0.1 s, off: 0.1 s }
      bands: { type: sink.npy, path: bands.npy, append: false }
      sound: { type: sink.wav, path: sound.wav, append: false }
      log: { type: sink.jsonl, path: log.jsonl, append: false }
    links:
      - mic -> stft -> mel -> level -> slices -> judge -> alarm -> log
      - judge -> log
      - level -> bands
      - mic -> sound
    """

  /// What a run has written, without what depends on the time of the run.
  private struct Outputs: Equatable {
    var log: [Substring]
    var bands: Data
    var index: String
    var sound: Data
  }

  private func outputs() throws -> Outputs {
    Outputs(
      log: try folder.text("log.jsonl").split(separator: "\n").map { $0.replacing(/"time":"[^"]*",/, with: "")[...] },
      bands: try folder.data("bands.npy"), index: try folder.text("bands.files.csv"),
      sound: try folder.data("sound.wav"))
  }

  private func makeFiles(_ lengths: [Int], _ random: inout SeededRandom) throws -> [String] {
    try lengths.enumerated().map { index, length in
      let level = Int16.random(in: 100...8000, using: &random)
      try folder.write("\(index).wav", wav((0..<length).map { _ in Int16.random(in: -level...level, using: &random) }))
      return "\(index).wav"
    }
  }

  @Test func twentyFilesGiveTheSameBytes() throws {
    var random = SeededRandom.fresh()
    print("seed \(random.seed)")
    try folder.write("watch.yaml", Self.graph)
    // A long one, whose turn others wait for, an empty one, and one that is too short for a token.
    let lengths = [60_000, 0, 100] + (0..<17).map { _ in Int.random(in: 500...24_000, using: &random) }
    let files = try makeFiles(lengths.shuffled(using: &random), &random)
    let one = try auscult.run(["run", "watch.yaml", "--quiet", "--jobs", "1", "--input"] + files)
    #expect(one.status == 0, "\(one.err)")
    let expected = try outputs()
    // The detector learns for 8,000 samples: what is half as long again has certainly been judged.
    let judged = Set(expected.log.compactMap { $0.firstMatch(of: /"file":"([^"]*)"/)?.output.1 }).count
    #expect(judged >= lengths.count { $0 >= 12_000 })
    for jobs in ["2", "3", "16"] {
      let many = try auscult.run(["run", "watch.yaml", "--quiet", "--jobs", jobs, "--input"] + files)
      #expect(many.status == 0, "\(many.err)")
      let found = try outputs()
      #expect(found.log == expected.log, "\(jobs) jobs")
      #expect(found == expected, "\(jobs) jobs")
    }
  }

  /// Blocks of one or two frames fill the queues of the sinks: jobs wait for their turn in the middle of a file.
  @Test func filesThatAreLongerThanTheQueues() throws {
    var random = SeededRandom.fresh()
    print("seed \(random.seed)")
    try folder.write("watch.yaml", Self.graph)
    let files = try makeFiles([Int](repeating: 20_000, count: 4), &random)
    let arguments = ["run", "watch.yaml", "--quiet", "--period", "1,2", "--input"] + files
    #expect(try auscult.run(arguments + ["--jobs", "1"]).status == 0)
    let expected = try outputs()
    #expect(try auscult.run(arguments + ["--jobs", "3"]).status == 0)
    #expect(try outputs() == expected)
  }

  @Test func errorsAreThoseOfOneAfterTheOther() throws {
    var random = SeededRandom.fresh()
    print("seed \(random.seed)")
    try folder.write("watch.yaml", Self.graph)
    var files = try makeFiles([16_000, 9_000, 12_000], &random)
    try folder.write("broken.wav", "RIFF, but not really")
    // Another rate does not fit into the same array and WAV file.
    try folder.write("fast.wav", wav([Int16](repeating: 77, count: 9_000), rate: 22_050))
    files.insert("broken.wav", at: 1)
    files.insert("none.wav", at: 2)
    files.insert("fast.wav", at: 4)
    let one = try auscult.run(["run", "watch.yaml", "--quiet", "--jobs", "1", "--input"] + files)
    let expected = try outputs()
    let many = try auscult.run(["run", "watch.yaml", "--quiet", "--jobs", "4", "--input"] + files)
    #expect(one.status == 1 && many.status == 1)
    #expect(many.err == one.err)
    #expect(one.err.contains("fast.wav"), "\(one.err)")
    #expect(try outputs() == expected)
  }

  @Test func aNumberIsChecked() throws {
    try folder.write("watch.yaml", Self.graph)
    #expect(try auscult("run", "watch.yaml", "--input", "a.wav", "--jobs", "0").status == 64)
    #expect(try auscult("run", "watch.yaml", "--jobs", "2").status == 64)
  }
}

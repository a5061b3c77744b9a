import Foundation
import TestSupport
import Testing

@Suite struct FileRunTests {
  private let folder = ScratchFolder()
  private var auscult: Command { Command(folder) }

  init() throws {
    var random = SeededRandom.fresh()
    print("seed \(random.seed)")
    let samples = (0..<48000).map { _ in Int16.random(in: -8000...8000, using: &random) }
    try folder.write("noise.wav", wav(samples))
    try folder.write("watch.yaml", watchGraph)
  }

  /// Records without the members that depend on the time of the run.
  private func records(_ name: String) throws -> [Substring] {
    try folder.text(name).split(separator: "\n").map { $0.replacing(/"time":"[^"]*",/, with: "")[...] }
  }

  @Test func theSameBitsTwiceAndForAnyPeriod() throws {
    let first = try auscult("run", "watch.yaml", "--input", "noise.wav")
    #expect(first.status == 0)
    #expect(first.out == "")
    let (bands, log) = (try folder.data("bands.npy"), try records("log.jsonl"))
    #expect(log.count > 10)
    for period in ["1024", "64", "1,8192,77"] {
      #expect(try auscult("run", "watch.yaml", "--input", "noise.wav", "--period", period).status == 0)
      #expect(try folder.data("bands.npy") == bands)
      #expect(try records("log.jsonl") == log)
    }
  }

  @Test func overridesReachTheNodes() throws {
    _ = try auscult("run", "watch.yaml", "--input", "noise.wav", "--set", "log.path=a.jsonl", "--quiet")
    let outcome = try auscult(
      "run", "watch.yaml", "--input", "noise.wav", "--quiet", "--set", "log.path=b.jsonl", "--set", "judge.learn=2 s")
    #expect(outcome.status == 0)
    #expect(outcome.err == "")
    #expect(try records("a.jsonl").count > records("b.jsonl").count)
    #expect(try records("b.jsonl").count > 0)
    #expect(!folder.contains("log.jsonl"))
  }

  @Test func unreadableFilesCostNothingButThemselves() throws {
    try folder.write("broken.wav", "RIFF, but not really")
    try folder.write("empty.wav", "")
    let outcome = try auscult("run", "watch.yaml", "--input", "broken.wav", "none.wav", "noise.wav", "empty.wav")
    #expect(outcome.status == 1)
    #expect(outcome.err.contains("auscult: error: broken.wav: "))
    #expect(outcome.err.contains("auscult: error: none.wav: No such file or directory; check the path\n"))
    #expect(outcome.err.contains("auscult: error: empty.wav: is empty (0 bytes)\n"))
    #expect(outcome.err.hasSuffix("auscult: error: 3 of 4 files could not be run\n"))
    #expect(try records("log.jsonl").count > 10)
  }

  /// A run without results names the reason.
  @Test func aFileThatNothingComesOutOfIsToldOf() throws {
    let learning = try auscult("run", "watch.yaml", "--input", "noise.wav", "--quiet", "--set", "judge.learn=1 min")
    #expect(learning.status == 0)
    #expect(
      learning.err
        == "auscult: warning: judge: the sound ended during learning, after 2.9 s of at least "
        + "60.0 s: there are no scores. Give it more, or a shorter 'learn'\n"
        + "auscult: warning: noise.wav: 'judge' gave no score for 3.0 s of sound: without a model it learns "
        + "first, for each file again, from sound that is neither silent nor clipped\n")
    try folder.write("short.wav", wav([Int16](repeating: 100, count: 600)))
    let short = try auscult("run", "watch.yaml", "--input", "noise.wav", "short.wav", "short.wav", "--quiet")
    #expect(short.status == 0)
    #expect(
      short.err == "auscult: warning: short.wav: 37.5 ms of sound are too short for 'slices', which gave no result "
        + "(the same for 2 of 3 files)\n", "\(short.err)")
  }

  @Test func aFileWithoutSamplesIsAnEmptyStream() throws {
    try folder.write("nothing.wav", wav([]))
    let outcome = try auscult("run", "watch.yaml", "--input", "nothing.wav", "noise.wav")
    #expect(outcome.status == 0)
    #expect(
      outcome.err.contains(
        "auscult: warning: nothing.wav: holds no samples; if it should, its recorder did not finish the header\n"))
    #expect(try records("log.jsonl").count > 10)
  }

  @Test func tooFewChannelsIsAnErrorOfThatFile() throws {
    try folder.write("stereo.wav", wav((0..<96000).map { Int16($0 % 1000) }, channels: 2))
    let outcome = try auscult(
      "run", "watch.yaml", "--input", "noise.wav", "stereo.wav", "--set", "mic.channels=2", "--set",
      "mic.machines=[a, b]")
    #expect(outcome.status == 1)
    #expect(outcome.err.contains("auscult: error: noise.wav: has 1 channel, the graph 'watch' listens to 2 (mic)\n"))
    #expect(outcome.err.hasSuffix("auscult: error: 1 of 2 files could not be run\n"))
    #expect(try records("log.jsonl").allSatisfy { $0.contains("stereo.wav") })
  }

  @Test func severalFilesAreSeveralStreams() throws {
    try folder.write("-odd name.wav", try folder.data("noise.wav"))
    let outcome = try auscult("run", "watch.yaml", "--input", "noise.wav", "--json", "--", "-odd name.wav")
    #expect(outcome.status == 0)
    #expect(outcome.err.contains(#""files":2,"frames":96000"#))
    let lines = try records("log.jsonl")
    #expect(lines.contains { $0.contains(#""file":"noise.wav""#) })
    #expect(lines.contains { $0.contains(#""file":"-odd name.wav""#) })
  }

  @Test func aFullDiskStopsThatSinkAlone() throws {
    try folder.write(
      "full.yaml",
      watchGraph.replacing("links:", with: "  full: { type: sink.jsonl, path: /dev/full }\nlinks:\n  - judge -> full"))
    let outcome = try auscult("run", "full.yaml", "--input", "noise.wav")
    #expect(outcome.status == 1)
    #expect(outcome.err.contains("auscult: error: full: cannot write /dev/full: No space left on device"))
    #expect(outcome.err.hasSuffix("auscult: error: 1 node of 'watch' failed: full\n"))
    let log = try records("log.jsonl")
    #expect(try auscult("run", "watch.yaml", "--input", "noise.wav").status == 0)
    #expect(try records("log.jsonl") == log)
  }

  @Test func errorsOfTheGraphKeepTheirPlace() throws {
    try folder.write("bad.yaml", watchGraph.replacing("bands: 32", with: "bands: many"))
    let outcome = try auscult("run", "bad.yaml", "--input", "noise.wav", "--json")
    #expect(outcome.status == 1)
    #expect(outcome.out == "")
    #expect(outcome.err.contains(#""kind":"diagnostic""#))
    #expect(outcome.err.contains(#""line":5"#))
  }

  @Test func whatSinksPlayCanBeKept() throws {
    try folder.write(
      "through.yaml",
      """
      graph: through
      nodes:
        mic: { type: source }
        out: { type: sink.audio }
      links: mic -> out
      """)
    try FileManager.default.createDirectory(atPath: folder.path + "/audio", withIntermediateDirectories: true)
    #expect(
      try auscult("run", "through.yaml", "--input", "noise.wav", "--audio-folder", "audio", "--quiet").status == 0)
    #expect(try folder.data("audio/out.wav").count > 48000 * 4)
  }

  @Test func filesAreNotForGraphsThatMakeTheirOwnSound() throws {
    try folder.write("plain.yaml", plainGraph)
    let outcome = try auscult("run", "plain.yaml", "--offline", "--duration", "1s")
    #expect(outcome.status == 1)
    #expect(outcome.err == "auscult: error: the graph 'plain' listens to 1 channel (mic); give it files to read\n")
  }
}

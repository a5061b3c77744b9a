import FileDriver
import Foundation
import GraphEngine
import GraphText
import Synchronization
import TestSupport
import Testing

/// Writes a source's samples one by one.
private let recorder = """
  graph: recorder
  nodes:
    mic: { type: source, channels: "${env:CHANNELS}" }
    out: { type: sink.npy, path: "${env:OUT}/samples.npy", append: false }
  links:
    - mic -> out
  """

/// Scores and alarms of two detectors.
private let watch = """
  graph: watch
  nodes:
    mic:    { type: source, channels: 2 }
    stft:   { type: stft, length: 256, hop: 128 }
    mel:    { type: mel, bands: 16 }
    level:  { type: normalize, mode: decibel }
    slices: { type: slicer, length: 0.05 s, hop: 50 % }
    bands:  { type: detector.bands, learn: 0.5 s }
    loud:   { type: detector.level, learn: 0.5 s }
    alarm:  { type: alarm, on: 0.1 s, off: 0.2 s }
    log:    { type: sink.jsonl, path: "${env:OUT}/log.jsonl", append: false }
    scores: { type: sink.npy, path: "${env:OUT}/scores.npy", append: false }
  links:
    - mic -> stft -> mel -> level -> slices -> bands -> log
    - slices -> loud -> alarm -> log
    - loud -> log
    - bands -> scores
  """

private func engine(_ text: String, _ scratch: ScratchFolder, channels: Int = 1) throws -> Engine {
  let graph = try Graph.load(
    text: text, catalog: TestPlugins.catalog,
    options: GraphOptions(environment: ["OUT": scratch.path, "CHANNELS": "\(channels)"])
  ).graph
  return try Engine(graph: graph)
}

@discardableResult
private func run(
  _ text: String, _ files: [String], _ scratch: ScratchFolder, channels: Int = 1,
  _ options: FileRunOptions = FileRunOptions()
) throws -> FileRunSummary {
  try FileRun(try engine(text, scratch, channels: channels), options: options).run(files: files)
}

private func interleaved(_ channels: [[Float]]) -> [Float] {
  channels[0].indices.flatMap { frame in channels.map { $0[frame] } }
}

/// Cycles of random lengths.
private func randomPlan(_ random: inout SeededRandom) -> PeriodPlan {
  PeriodPlan((0..<Int.random(in: 1...20, using: &random)).map { _ in random.period() })!
}

@Suite struct FileRunTests {
  @Test(arguments: [1, 2, 7]) func everySampleArrives(_ channels: Int) throws {
    var random = SeededRandom.fresh()
    print("seed \(random.seed)")
    let scratch = ScratchFolder()
    let samples = random.noise(channels: channels, frames: 100_001)
    let path = try scratch.write("a.wav", samples, rate: 44100)
    for plan in [PeriodPlan([1024])!, PeriodPlan([1])!, PeriodPlan([8192])!, randomPlan(&random)] {
      var options = FileRunOptions()
      options.periods = plan
      let summary = try run(recorder, [path], scratch, channels: channels, options)
      #expect(try scratch.array("samples.npy") == interleaved(samples), "seed \(random.seed), \(plan.lengths)")
      #expect(summary.frames == 100_001 && summary.files == 1 && !summary.wasCancelled)
    }
  }

  /// Records and arrays have the same bytes for any period, except for the time of day.
  @Test func resultsDoNotDependOnThePeriod() throws {
    var random = SeededRandom.fresh()
    print("seed \(random.seed)")
    let scratch = ScratchFolder()
    var samples = random.noise(channels: 2, frames: 60_000, level: 0.01)
    for frame in 40_000..<50_000 { samples[1][frame] *= 50 }
    let files = [
      try scratch.write("a.wav", samples, rate: 16000), try scratch.write("b.wav", samples, rate: 16000),
    ]
    var first: (records: [String], scores: [Float])?
    for plan in [PeriodPlan([1024])!, PeriodPlan([64])!, randomPlan(&random), randomPlan(&random)] {
      var options = FileRunOptions()
      options.periods = plan
      try run(watch, files, scratch, options)
      let records = try scratch.text("log.jsonl").split(separator: "\n").map {
        String($0).replacing(try Regex(#""time":"[^"]*","#), with: "")
      }
      let scores = try scratch.array("scores.npy")
      if let first {
        #expect(first.records == records, "seed \(random.seed), \(plan.lengths)")
        #expect(first.scores == scores, "seed \(random.seed), \(plan.lengths)")
      }
      first = (records, scores)
    }
    #expect(first!.records.contains { $0.contains(#""kind":"alarm","graph":"watch","node":"alarm","channel":1"#) })
  }

  /// Each file is a stream of its own: the same sound gives the same records, except for the file's name.
  @Test func filesAreStreamsOfTheirOwn() throws {
    var random = SeededRandom.fresh()
    let scratch = ScratchFolder()
    let samples = random.noise(channels: 2, frames: 30_000, level: 0.1)
    let files = try ["a.wav", "b.wav"].map { try scratch.write($0, samples, rate: 16000) }
    try run(watch, files, scratch)
    let records = try scratch.records("log.jsonl")
    let groups = files.map { file in records.filter { $0["file"] as? String == file } }
    #expect(groups[0].count > 50 && groups[0].count + groups[1].count == records.count)
    let spans = groups.map { $0.map { [$0["begin"] as? Int, $0["end"] as? Int] } }
    #expect(spans[0] == spans[1])
    #expect(groups[0].map { $0["score"] as? Double } == groups[1].map { $0["score"] as? Double })
    let order = records.map { $0["file"] as? String }
    #expect(order == order.sorted { $0! < $1! }, "the second file's records follow the first's")
  }

  @Test func everyFileHasItsOwnRate() throws {
    var random = SeededRandom.fresh()
    let scratch = ScratchFolder()
    let files = try [8000, 48000].map {
      try scratch.write("\($0).wav", random.noise(channels: 2, frames: 2 * $0, level: 0.1), rate: $0)
    }
    let summary = try run(
      watch.replacing("  scores: {", with: "  # scores: {").replacing("  - bands -> scores", with: ""), files, scratch)
    let rates = Set(try scratch.records("log.jsonl").compactMap { $0["rate"] as? Int })
    #expect(rates == [8000, 48000])
    #expect(abs(summary.seconds - 4) < 1e-9 && summary.files == 2)
  }

  @Test func tooFewChannelsAreRefused() throws {
    let scratch = ScratchFolder()
    let path = try scratch.write("mono.wav", [[0, 0, 0]])
    #expect(throws: FileRunError(["\(path): has 1 channel, the graph 'watch' listens to 2 (mic)"])) {
      try run(watch, [path], scratch)
    }
  }

  @Test func furtherChannelsAreLeftOutAndNamedOnce() throws {
    let scratch = ScratchFolder()
    let files = try ["a.wav", "b.wav"].map { try scratch.write($0, [[1, 2], [3, 4], [5, 6]]) }
    var warnings: [String] = []
    var options = FileRunOptions()
    options.warn = { warnings.append($0) }
    try run(recorder, files, scratch, options)
    #expect(try scratch.array("samples.npy") == [1, 2, 1, 2])
    #expect(
      warnings == ["\(files[0]): the graph 'recorder' listens to 1 channel, channels 2 to 3 of the file left out"])
  }

  @Test func severalSourcesTakeChannelsInTheOrderOfTheirNames() throws {
    let scratch = ScratchFolder()
    let text = """
      graph: two
      nodes:
        right: { type: source }
        left: { type: source }
        r: { type: sink.npy, path: "${env:OUT}/r.npy", append: false }
        l: { type: sink.npy, path: "${env:OUT}/l.npy", append: false }
      links: [right -> r, left -> l]
      """
    try run(text, [try scratch.write("a.wav", [[1, 2], [3, 4]])], scratch)
    #expect(try scratch.array("l.npy") == [1, 2])
    #expect(try scratch.array("r.npy") == [3, 4])
  }

  @Test func everyFileThatCannotBeReadIsNamedBeforeAnythingRuns() throws {
    let scratch = ScratchFolder()
    let good = try scratch.write("good.wav", [[1]])
    let bad = try scratch.write("bad.wav", [])
    let missing = scratch.file("missing.wav")
    #expect(
      throws: FileRunError([
        "\(bad): is empty (0 bytes)", "\(missing): No such file or directory; check the path",
      ])
    ) { try run(recorder, [good, bad, missing], scratch) }
    #expect(!FileManager.default.fileExists(atPath: scratch.file("samples.npy")))
  }

  /// With the option, each file that cannot be run is listed, and the others give results.
  @Test func filesThatCannotBeRunCanBeLeftOut() throws {
    let scratch = ScratchFolder()
    let files = [
      try scratch.write("bad.wav", []), try scratch.write("good.wav", [[0.5]]),
      try scratch.write("other.wav", [[1], [2]]),
    ]
    var failed: [String] = []
    var options = FileRunOptions()
    options.failed = { path, error in failed.append("\(path) -> \(error)") }
    #expect(try run(recorder, files, scratch, options).files == 2)
    #expect(try scratch.array("samples.npy") == [0.5, 1])
    #expect(failed == ["\(files[0]) -> \(files[0]): is empty (0 bytes)"])
  }

  @Test func damageInAFileIsSaid() throws {
    let scratch = ScratchFolder()
    let path = try scratch.write("a.wav", riff([pcm(), ("data", [0, 64, 0, 32], 3000)]))
    var warnings: [String] = []
    var options = FileRunOptions()
    options.warn = { warnings.append($0) }
    try run(recorder, [path], scratch, options)
    #expect(try scratch.array("samples.npy") == [0.5, 0.25])
    #expect(warnings == ["\(path): is cut short: its header announces 3000 bytes of samples; the present 4 are used"])
  }

  @Test func aFileWithoutSamplesGivesEmptyResults() throws {
    let scratch = ScratchFolder()
    let path = try scratch.write("a.wav", riff([pcm(), ("data", [], nil)]))
    var warnings: [String] = []
    var options = FileRunOptions()
    options.warn = { warnings.append($0) }
    let summary = try run(recorder, [path], scratch, options)
    #expect(try scratch.array("samples.npy") == [])
    #expect(summary.frames == 0 && summary.files == 1)
    #expect(warnings == ["\(path): holds no samples; if it should, its recorder did not finish the header"])
  }

  @Test func aGraphThatListensNeedsFiles() throws {
    let scratch = ScratchFolder()
    #expect(throws: FileRunError(["the graph 'recorder' listens to 1 channel (mic); give it files to read"])) {
      try FileRun(try engine(recorder, scratch)).run(seconds: 1, rate: 48000)
    }
  }

  @Test func aRunCanBeCancelled() throws {
    var random = SeededRandom.fresh()
    let scratch = ScratchFolder()
    let samples = random.noise(frames: 50_000)
    let files = try ["a.wav", "b.wav"].map { try scratch.write($0, samples) }
    var options = FileRunOptions()
    var asked = 0
    options.isCancelled = {
      asked += 1
      return asked == 10
    }
    let summary = try run(recorder, files, scratch, options)
    #expect(summary.wasCancelled && summary.frames == 10240)
    #expect(try scratch.array("samples.npy") == Array(samples[0][..<10240]), "what was read is not lost")
  }

  @Test(arguments: [[], [0], [8193], [1024, -1]]) func periodsThatNoCycleCanHaveAreRefused(_ lengths: [Int]) {
    #expect(PeriodPlan(lengths) == nil)
  }
}

@Suite struct FullDiskTests {
  /// A sink whose disk is full stops with a message; the rest of the graph runs to the end.
  @Test func aFullDiskStopsTheSinkAndNotTheGraph() throws {
    var random = SeededRandom.fresh()
    let scratch = ScratchFolder()
    let path = try scratch.write("a.wav", random.noise(channels: 2, frames: 40_000, level: 0.1), rate: 16000)
    let text = watch.replacing("  scores: {", with: "  full: { type: sink.jsonl, path: /dev/full }\n  scores: {")
      .replacing("  - bands -> scores", with: "  - bands -> scores\n  - bands -> full")
    let log = Mutex<[String]>([])
    var options = EngineOptions()
    options.log = { level, node, text in log.withLock { $0.append("\(level) \(node): \(text)") } }
    let graph = try Graph.load(
      text: text, catalog: TestPlugins.catalog, options: GraphOptions(environment: ["OUT": scratch.path])
    ).graph
    let engine = try Engine(graph: graph, options: options)
    _ = try FileRun(engine).run(files: [path])
    #expect(engine.failedNodes == ["full"])
    let message = "cannot write /dev/full: No space left on device; make room on the disk, or write elsewhere"
    #expect(log.withLock { $0.contains("error full: \(message)") })
    #expect(try scratch.records("log.jsonl").contains { ($0["end"] as? Int ?? 0) > 39_000 })
  }
}

@Suite struct FilelessRunTests {
  private static let machine = """
    graph: machine
    nodes:
      fan: { type: source.synth, seed: 7 }
      speaker: { type: sink.audio }
      out: { type: sink.npy, path: "${env:OUT}/samples.npy", append: false }
    links:
      - fan -> speaker
      - fan -> out
    """

  /// A graph that makes its own sound runs for the given time at any period, and its output is kept.
  @Test func aGraphRunsForATime() throws {
    var random = SeededRandom.fresh()
    print("seed \(random.seed)")
    let scratch = ScratchFolder()
    var first: [Float]?
    for plan in [PeriodPlan.standard, randomPlan(&random)] {
      var options = FileRunOptions()
      options.periods = plan
      options.outputFolder = scratch.path
      let summary = try FileRun(try engine(Self.machine, scratch), options: options).run(seconds: 1.5, rate: 16000)
      #expect(summary.frames == 24000 && summary.files == 0)
      let samples = try scratch.array("samples.npy")
      #expect(samples.count == 24000 && samples.contains { $0 != 0 })
      #expect(readAll(try AudioFile(path: scratch.file("speaker.wav"))) == [samples])
      if let first { #expect(first == samples, "seed \(random.seed)") }
      first = samples
    }
  }

  @Test func aGraphThatMakesItsOwnSoundReadsNoFiles() throws {
    let scratch = ScratchFolder()
    let path = try scratch.write("a.wav", [[1]])
    #expect(throws: FileRunError(["the graph 'machine' makes its own sound and reads no files; run it without them"])) {
      try run(Self.machine, [path], scratch)
    }
  }
}

@Suite struct FileOutputTests {
  private static let through = """
    graph: through
    nodes:
      mic: { type: source, channels: 2 }
      louder: { type: gain, gain: 2 }
      speaker: { type: sink.audio }
    links:
      - mic -> louder -> speaker
    """

  @Test func whatSinksPlayIsWritten() throws {
    var random = SeededRandom.fresh()
    let scratch = ScratchFolder()
    let samples = random.noise(channels: 2, frames: 20_000)
    let path = try scratch.write("a.wav", samples, rate: 22050)
    var options = FileRunOptions()
    options.outputFolder = scratch.path
    options.periods = randomPlan(&random)
    try run(Self.through, [path], scratch, options)
    let file = try AudioFile(path: scratch.file("speaker.wav"))
    #expect(file.rate == 22050)
    #expect(readAll(file) == samples.map { $0.map { $0 * 2 } })
  }

  @Test func severalFilesGiveSeveralOutputs() throws {
    let scratch = ScratchFolder()
    let files = [try scratch.write("a.b.wav", [[1], [2]]), try scratch.write("c.wav", [[3], [4]])]
    var options = FileRunOptions()
    options.outputFolder = scratch.path
    try run(Self.through, files, scratch, options)
    #expect(readAll(try AudioFile(path: scratch.file("a.b.speaker.wav"))) == [[2], [4]])
    #expect(readAll(try AudioFile(path: scratch.file("c.speaker.wav"))) == [[6], [8]])
  }

  @Test func outputsThatWouldOverwriteEachOtherAreRefused() throws {
    let scratch = ScratchFolder()
    mkdir(scratch.file("x"), 0o700)
    let files = [try scratch.write("a.wav", [[1], [2]]), try scratch.write("x/a.wav", [[3], [4]])]
    var options = FileRunOptions()
    options.outputFolder = scratch.path
    #expect(throws: FileRunError(["\(files[1]): its output would overwrite that of \(files[0]); run the two apart"])) {
      try run(Self.through, files, scratch, options)
    }
  }

  @Test func folderIsMadeWhereOnlyTheLastIsMissing() throws {
    let scratch = ScratchFolder()
    let path = try scratch.write("a.wav", [[1], [2]])
    var options = FileRunOptions()
    options.outputFolder = scratch.file("made")
    try run(Self.through, [path], scratch, options)
    #expect(readAll(try AudioFile(path: scratch.file("made/speaker.wav"))) == [[2], [4]])
    options.outputFolder = scratch.file("no/made")
    let problem = #expect(throws: AudioFileError.self) { try run(Self.through, [path], scratch, options) }
    #expect(problem?.path == scratch.file("no/made"))
  }

  /// Found by the identity of the files: a hard link and a link are the recording itself.
  @Test(arguments: ["hard", "soft"]) func outputsThatAreAnInputAreRefused(_ kind: String) throws {
    let scratch = ScratchFolder()
    let path = try scratch.write("a.wav", [[1], [2]])
    let before = try Data(contentsOf: URL(fileURLWithPath: path))
    mkdir(scratch.file("out"), 0o700)
    let target = scratch.file("out/speaker.wav")
    try #require((kind == "hard" ? link(path, target) : symlink(path, target)) == 0)
    var options = FileRunOptions()
    options.outputFolder = scratch.file("out")
    let problem = #expect(throws: AudioFileError.self) { try run(Self.through, [path], scratch, options) }
    #expect(problem?.text == "is an input of this run, and would be written over; give another path")
    #expect(try Data(contentsOf: URL(fileURLWithPath: path)) == before)
  }

  @Test func outputsReplaceOnlyWavFiles() throws {
    let scratch = ScratchFolder()
    let path = try scratch.write("a.wav", [[1], [2]])
    let notes = scratch.file("speaker.wav")
    try Data("notes".utf8).write(to: URL(fileURLWithPath: notes))
    var options = FileRunOptions()
    options.outputFolder = scratch.path
    #expect(throws: AudioFileError.self) { try run(Self.through, [path], scratch, options) }
    #expect(try String(contentsOfFile: notes, encoding: .utf8) == "notes")
  }
}

@Suite(.enabled(if: sharedData != nil, "needs the folder shared/data beside the repository")) struct SharedRunTests {
  /// No file, with any samples, brings NaN or infinity into a record.
  @Test func oddSamplesGiveSoundRecords() throws {
    let folder = try #require(sharedData) + "/bad"
    let scratch = ScratchFolder()
    let text = watch.replacing("channels: 2", with: "channels: 1").replacing("learn: 0.5 s", with: "learn: 0.2 s")
    var scored = 0
    for row in table(try String(contentsOfFile: folder + "/manifest.csv", encoding: .utf8)) {
      let path = folder + "/" + (try #require(row["file"]))
      do {
        try run(text, [path], scratch)
      } catch is FileRunError {
        #expect(row["expect"] == "reject" || row["expect"] == "either", "\(path)")
        continue
      } catch let error as DiagnosticsError {
        #expect(row["expect"] == "either", "\(path): \(error)")
        continue
      }
      #expect(row["expect"] != "reject", "\(path)")
      for record in try scratch.records("log.jsonl") where record["kind"] as? String == "score" {
        #expect((record["score"] as? Double)?.isFinite == true, "\(path)")
        scored += 1
      }
    }
    #expect(scored > 500)
  }
}

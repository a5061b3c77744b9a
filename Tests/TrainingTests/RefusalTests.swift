import Foundation
import Models
import TestSupport
import Testing

/// Errors of training, evaluation and runs: a clear message, exit status 1, no partial output.
@Suite struct RefusalTests {
  private func workshop(_ judge: String = "type: detector.kmeans, model: model.safetensors") throws -> CommandFolder {
    let workshop = try CommandFolder()
    try workshop.write("watch.yaml", watchGraph(judge))
    for index in 0..<4 {
      try workshop.record("normal/n\(index).wav", machineSound(seconds: 5, seed: UInt64(index)))
    }
    return workshop
  }

  private func train(_ workshop: CommandFolder, _ arguments: [String]) throws -> CommandFolder.Outcome {
    try workshop.run(["train", "watch.yaml", "--output", "model.safetensors"] + arguments)
  }

  /// The command fails with this text, and writes nothing.
  private func refused(_ workshop: CommandFolder, _ arguments: [String], _ text: String) throws {
    let before = try workshop.files
    let outcome = try train(workshop, arguments)
    #expect(outcome.status == 1)
    #expect(outcome.out == "")
    #expect(outcome.err.contains(text), "\(outcome.err)")
    #expect(try workshop.files == before)
  }

  @Test func foldersAndManifests() throws {
    let workshop = try workshop()
    try FileManager.default.createDirectory(atPath: workshop.path + "/empty", withIntermediateDirectories: true)
    try refused(workshop, ["--normal", "empty"], "error: empty: holds no sound files; put recordings into it")
    try refused(workshop, ["--normal", "none"], "error: none: there is no such folder; check the path")
    try refused(workshop, ["--dataset", "empty"], "error: empty: has no subfolders; a dataset has one for each label")
    try workshop.write("a.csv", "file,label\nnormal/n0.wav,normal\nnormal/none.wav,normal\n,normal\n")
    try refused(workshop, ["--manifest", "a.csv"], "a.csv:3: there is no file normal/none.wav")
    try refused(workshop, ["--manifest", "a.csv"], "a.csv:4: has no file")
    try workshop.write("b.csv", "path,label\n")
    try refused(workshop, ["--manifest", "b.csv"], "b.csv:1: has no column 'file'")
    try workshop.write("c.csv", "file,label,split\nnormal/n0.wav,normal,sometimes\n")
    try refused(workshop, ["--manifest", "c.csv"], "c.csv:2: split 'sometimes' is none of train, validation, test")
    try workshop.write("d.csv", "file,label\nnormal/n0.wav,loud\n")
    try refused(workshop, ["--manifest", "d.csv"], "no recording has the label 'normal' (there is loud)")
    try workshop.write("normal/broken.wav", "RIFF, but not really")
    try refused(workshop, ["--normal", "normal"], "broken.wav: ")
  }

  @Test func aSplitThatLeaksIsRefusedUnlessForced() throws {
    let workshop = try workshop()
    try workshop.write("copy.wav", try workshop.data("normal/n0.wav"))
    try workshop.write(
      "leak.csv",
      "file,label,split\nnormal/n0.wav,normal,train\nnormal/n1.wav,normal,train\nnormal/n2.wav,normal,train\ncopy.wav,normal,test\n"
    )
    try refused(
      workshop, ["--manifest", "leak.csv"],
      "leak.csv:5: copy.wav (test) is the same content as normal/n0.wav (train): results would look better")
    let forced = try train(workshop, ["--manifest", "leak.csv", "--force"])
    #expect(forced.status == 0)
    #expect(forced.err.contains("warning: leak.csv:5"))
    let evaluated = try workshop.auscult("evaluate", "watch.yaml", "--normal", "normal")
    #expect(evaluated.status == 1)
    #expect(evaluated.err.contains("the model was trained on it"))
  }

  @Test func soundThatTeachesNothing() throws {
    let workshop = try workshop()
    try workshop.record("silent/a.wav", [Float](repeating: 0, count: 80_000))
    try refused(workshop, ["--normal", "silent"], "tokens are silent: there is nothing to learn")
    try workshop.record("short/a.wav", machineSound(seconds: 0.06, seed: 1))
    try refused(workshop, ["--normal", "short"], "the recordings are too short: none of them fills a token of 0.2")
    // All tokens are alike: training works, and scores stay finite.
    try workshop.record("constant/a.wav", (0..<160_000).map { $0 % 2 == 0 ? 0.5 : -0.5 })
    let constant = try train(workshop, ["--normal", "constant"])
    #expect(constant.status == 0, "\(constant.err)")
    try workshop.record("clipped/a.wav", machineSound(seconds: 10, seed: 1).map { $0 * 8 })
    let clipped = try train(workshop, ["--normal", "clipped"])
    #expect(clipped.status == 0 && clipped.err.contains("tokens are clipped: record with less gain"), "\(clipped.err)")
    for file in ["silent/a.wav", "constant/a.wav", "clipped/a.wav", "normal/n0.wav"] {
      #expect(try workshop.auscult("run", "watch.yaml", "--input", file, "--quiet").status == 0)
      let log = try workshop.text("log.jsonl")
      #expect(log.contains(#""kind":"score""#) && !log.contains("null"))
    }
  }

  @Test(arguments: SessionTests.detectors) func oneTokenIsTooFewOrEnough(detector: String) throws {
    let workshop = try workshop("\(detector), model: model.safetensors")
    try workshop.record("one/a.wav", machineSound(seconds: 0.3, seed: 1))
    let outcome = try train(workshop, ["--normal", "one", "--held-out", "0", "--threshold", "1"])
    if outcome.status == 0 {
      #expect(try workshop.auscult("run", "watch.yaml", "--input", "normal/n0.wav", "--quiet").status == 0)
    } else {
      #expect(outcome.status == 1 && outcome.err.contains("watch.yaml:8"), "\(outcome.err)")
      #expect(outcome.err.contains("machine 'fan': "), "\(outcome.err)")
      #expect(!workshop.contains("model.safetensors"))
    }
  }

  /// Anomalous sound is never used for training, so all of it is left for testing.
  @Test func anomalousRecordingsAreLeftToEvaluate() throws {
    let workshop = try workshop()
    for index in 0..<5 {
      try workshop.record("data/normal/\(index).wav", machineSound(seconds: 5, seed: UInt64(index)))
      try workshop.record(
        "data/anomalous/\(index).wav", machineSound(seconds: 5, seed: UInt64(50 + index), whistle: 0.1))
    }
    let trained = try train(workshop, ["--dataset", "data"])
    try #require(trained.status == 0, "\(trained.err)")
    #expect(
      trained.out.contains("of 4 recordings") && trained.out.contains("4 times for the threshold, each time without"),
      "\(trained.out)")
    let known = try ModelFile(path: workshop.path + "/model.safetensors").training["recordings"]?.array ?? []
    #expect(known.count == 4 && known.allSatisfy { $0["label"] == "normal" })
    let judged = try workshop.auscult("evaluate", "watch.yaml", "--dataset", "data", "--json")
    try #require(judged.status == 0, "\(judged.err)")
    #expect(judged.err.contains("left out 4 recordings of data"), "\(judged.err)")
    #expect(try json(judged.out)["recordings"] as? Int == 6)
    // A rule that uses anomalous sound depends on some of it.
    try #require(try train(workshop, ["--dataset", "data", "--threshold", "best-f1"]).status == 0)
    let labels = try ModelFile(path: workshop.path + "/model.safetensors").training["recordings"]?.array ?? []
    #expect(labels.count { $0["label"] == "anomalous" && $0["part"] == "validation" } == 1 && labels.count == 5)
  }

  /// Recordings whose rates give different tokens can't be used together, for training or for scoring.
  @Test func recordingsOfAnotherRate() throws {
    let workshop = try workshop()
    try workshop.record("normal/n9.wav", machineSound(seconds: 5, seed: 9, rate: 22050), rate: 22050)
    let text =
      "n9.wav: has 22050 samples a second, normal/n0.wav has 16000, and its tokens differ (node 'stft' "
      + "(stft) yields"
    // For training sound and for held-out sound.
    for seed in 1...4 {
      try refused(workshop, ["--normal", "normal", "--seed", "\(seed)"], text)
      try refused(workshop, ["--normal", "normal", "--seed", "\(seed)", "--threshold", "1"], text)
    }
    try workshop.write(
      "watch.yaml",
      watchGraph("type: detector.kmeans, model: model.safetensors")
        .replacing("nodes:", with: "nodes:\n  down: { type: resample, rate: 16 kHz }")
        .replacing("mic -> stft", with: "mic -> down -> stft"))
    #expect(try train(workshop, ["--normal", "normal"]).status == 0)
  }

  /// Not even root can write to some places: the command fails before it trains.
  @Test func aModelThatCannotBeWritten() throws {
    let workshop = try workshop()
    let outcome = try workshop.auscult(
      "train", "watch.yaml", "--normal", "normal", "--output", "/proc/model.safetensors", "--json")
    #expect(outcome.status == 1)
    #expect(outcome.err.contains("/proc/model.safetensors: nothing can be written there"), "\(outcome.err)")
    #expect(!outcome.err.contains("untested") && outcome.out == "")
  }

  @Test func aRecordingTooShortToBeJudged() throws {
    let workshop = try workshop()
    try #require(try train(workshop, ["--normal", "normal"]).status == 0)
    try workshop.record("test/short.wav", machineSound(seconds: 0.1, seed: 1))
    try workshop.record("test/long.wav", machineSound(seconds: 2, seed: 31))
    let outcome = try workshop.auscult("evaluate", "watch.yaml", "--normal", "test")
    #expect(outcome.status == 0)
    #expect(outcome.err.contains("warning: test/short.wav: too short for a token, and not judged"), "\(outcome.err)")
    // Nothing is anomalous: there is no precision.
    #expect(!outcome.out.contains("precision"), "\(outcome.out)")
  }

  /// A small difference is reported, too; a difference of units alone is not one.
  @Test func frontEndsThatDifferByLittle() throws {
    let workshop = try workshop()
    let floor = ["--set", "level.floor=2.2e-16"]
    try #require(try train(workshop, ["--normal", "normal"] + floor).status == 0)
    let other = try workshop.auscult("run", "watch.yaml", "--input", "normal/n0.wav", "--set", "level.floor=1e-10")
    #expect(other.err.contains("'floor' 1e-10, the model was trained with 2.2e-16"), "\(other.err)")
    let seconds = try workshop.run(
      ["run", "watch.yaml", "--input", "normal/n0.wav", "--quiet", "--set", "slices.length=250 ms"] + floor)
    #expect(seconds.status == 0, "\(seconds.err)")
  }

  /// A single recording can't be divided unless it is long enough: the command fails before it trains.
  @Test func aRecordingTooShortToHoldOutOf() throws {
    let workshop = try workshop()
    try workshop.record("one/a.wav", machineSound(seconds: 2, seed: 1))
    // Two stretches of four tokens of 0.256 s.
    try refused(
      workshop, ["--normal", "one"],
      "machine 'fan': its recordings are too short to hold out a stretch of one for the threshold: give one of at least "
        + "2.0 s, or three or more recordings, or set the threshold yourself (--threshold)")
    try workshop.record("one/a.wav", machineSound(seconds: 5.5, seed: 1))
    let little = try train(workshop, ["--normal", "one"])
    #expect(little.status == 0, "\(little.err)")
    #expect(
      little.err.contains(" s of normal sound (5 stretches of 1 recording) support a budget of "), "\(little.err)")
    #expect(little.err.contains("Record 3 h more, at other hours and on other days"), "\(little.err)")
    let much = try train(workshop, ["--normal", "normal", "--held-out", "0.5", "--threshold", "percentile=99"])
    #expect(much.status == 0 && !much.err.contains("rests on"), "\(much.err)")
  }

  @Test func labelsThatTellNothingApart() throws {
    let workshop = try workshop("type: detector.bayes, model: model.safetensors")
    try refused(workshop, ["--normal", "normal"], "is a classifier and needs at least two")
    try workshop.write("data/one/a.wav", try workshop.data("normal/n0.wav"))
    try workshop.record("data/two/a.wav", machineSound(seconds: 0.3, seed: 1))
    // A label with a single token has no variance; smoothing helps.
    try refused(
      workshop, ["--dataset", "data", "--set", "judge.smoothing=0"], "a value does not vary within a label")
    #expect(try train(workshop, ["--dataset", "data", "--test", "0"]).status == 0)
  }

  @Test func aModelBehindAnotherFrontEnd() throws {
    let workshop = try workshop()
    try #require(try train(workshop, ["--normal", "normal"]).status == 0)
    func message(_ change: String) throws -> String {
      let outcome = try workshop.auscult("run", "watch.yaml", "--input", "normal/n0.wav", "--set", change, "--quiet")
      return outcome.status == 0 ? "" : outcome.err
    }
    #expect(
      try message("mel.bands=16").contains(
        "was trained with another front end: node 'mel' (mel) has 'bands' 16, the model was trained with 32"))
    #expect(try message("stft.hop=128").contains("node 'stft' (stft) has 'hop' 128"))
    #expect(try message("stft.window=hamming").contains("'window' hamming, the model was trained with hann"))
    #expect(try message("slices.length=0.5 s").contains("node 'slices' (slicer) has 'length' 0.5 s"))
    #expect(
      try message("mic.machines=pump").contains("the model does not know the machine 'pump'; it was trained on 'fan'"))
    // Irrelevant differences are ignored.
    #expect(try message("mic.connect=system:capture_2") == "")
    #expect(try message("judge.threshold=5") == "")
    // Another rate without a resampler is another front end; with one it is not.
    try workshop.record("fast.wav", machineSound(seconds: 3, seed: 9, rate: 22050), rate: 22050)
    let fast = try workshop.auscult("run", "watch.yaml", "--input", "fast.wav")
    #expect(fast.status == 1 && fast.err.contains("node 'stft' (stft) yields"), "\(fast.err)")
    #expect(
      fast.err.contains(
        "sound of 22050 Hz, the model was trained on 16000 Hz: add { type: resample, rate: 16000 } before stft"),
      "\(fast.err)")
    #expect(!fast.err.contains("/s"), "\(fast.err)")
    let wrong = try workshop.auscult(
      "run", "watch.yaml", "--input", "normal/n0.wav", "--set", "judge.model=watch.yaml")
    #expect(wrong.status == 1 && wrong.err.contains("is not a valid model file"))
  }

  @Test func aResamplerMakesTheRateIrrelevant() throws {
    let workshop = try workshop()
    let graph = watchGraph("type: detector.kmeans, model: model.safetensors")
      .replacing("nodes:", with: "nodes:\n  down: { type: resample, rate: 16 kHz }")
      .replacing("mic -> stft", with: "mic -> down -> stft")
    try workshop.write("watch.yaml", graph)
    try #require(try train(workshop, ["--normal", "normal"]).status == 0)
    try workshop.record("fast.wav", machineSound(seconds: 3, seed: 9, rate: 22050), rate: 22050)
    #expect(try workshop.auscult("run", "watch.yaml", "--input", "fast.wav", "--quiet").status == 0)
    // For a missing or an extra node, the message names the node and the place.
    let without = watchGraph("type: detector.kmeans, model: model.safetensors")
    try workshop.write("without.yaml", without)
    let lacking = try workshop.auscult("run", "without.yaml", "--input", "fast.wav")
    let advice = "after stft -> mel -> normalize -> slicer: add { type: resample, rate: 16000 } before stft"
    #expect(lacking.status == 1 && lacking.err.contains(advice), "\(lacking.err)")
    try workshop.write(
      "two.yaml",
      graph.replacing("mic -> down", with: "mic -> again -> down")
        .replacing("  down: {", with: "  again: { type: resample, rate: 20 kHz }\n  down: {"))
    let doubled = try workshop.auscult("run", "two.yaml", "--input", "fast.wav")
    #expect(doubled.status == 1 && doubled.err.contains("remove 'again'"), "\(doubled.err)")
  }

  @Test func damagedModels() throws {
    let workshop = try workshop()
    try #require(try train(workshop, ["--normal", "normal"]).status == 0)
    let whole = try workshop.data("model.safetensors")
    for length in [0, 7, 100, whole.count / 2, whole.count - 1] {
      try workshop.write("model.safetensors", whole.prefix(length))
      for command in [
        ["run", "watch.yaml", "--input", "normal/n0.wav"], ["calibrate", "watch.yaml", "--normal", "normal"],
      ] {
        let outcome = try workshop.run(command)
        #expect(outcome.status == 1)
        // A file that is not a model must not be replaced, either.
        let isTold = ["model.safetensors: is", "exists and is not a model"].contains { outcome.err.contains($0) }
        #expect(isTold, "\(outcome.err)")
      }
    }
    // A value that is not a number.
    var bytes = whole
    bytes.replaceSubrange((bytes.count - 8)..., with: [0, 0, 0, 0, 0, 0, 0xf8, 0x7f])
    try workshop.write("model.safetensors", bytes)
    let outcome = try workshop.auscult("run", "watch.yaml", "--input", "normal/n0.wav")
    #expect(outcome.status == 1 && outcome.err.contains("holds a value that is not finite"), "\(outcome.err)")
  }

  /// Ctrl-C while it learns: nothing is written.
  @Test func anInterruptedTrainingWritesNothing() throws {
    let workshop = try workshop()
    for index in 0..<8 {
      try workshop.record("long/\(index).wav", machineSound(seconds: 120, seed: UInt64(index)))
    }
    let before = try workshop.files
    let process = Process()
    process.executableURL = URL(fileURLWithPath: BuildFolder.path + "/auscult")
    process.arguments = ["train", "watch.yaml", "--normal", "long", "--output", "model.safetensors", "--verbose"]
    process.currentDirectoryURL = URL(fileURLWithPath: workshop.path)
    let pipe = Pipe()
    process.standardError = pipe
    process.standardOutput = FileHandle.nullDevice
    try process.run()
    // Its threads show that it has begun.
    let tasks = "/proc/\(process.processIdentifier)/task"
    try waitUntil {
      let count = (try? FileManager.default.contentsOfDirectory(atPath: tasks).count) ?? 0
      return count >= 3 || !process.isRunning
    }
    process.interrupt()
    let said = String(decoding: pipe.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    #expect(process.terminationReason == .exit && process.terminationStatus == 1)
    #expect(said.contains("error: interrupted; nothing was written"), "\(said)")
    #expect(try workshop.files == before)
  }

  @Test func usage() throws {
    let workshop = try workshop()
    #expect(try train(workshop, []).status == 64)
    #expect(try train(workshop, ["--normal", "normal", "--dataset", "normal"]).status == 64)
    #expect(try train(workshop, ["--normal", "normal", "--threshold", "many"]).status == 64)
    #expect(try workshop.auscult("evaluate", "watch.yaml").status == 64)
    #expect(try workshop.auscult("info").status == 64)
    let none = try workshop.auscult(
      "train", "watch.yaml", "--node", "judg", "--normal", "normal", "--output", "m.safetensors")
    #expect(none.status == 1 && none.err.contains("has no node 'judg'; did you mean 'judge'?"))
    let alarm = try workshop.auscult(
      "train", "watch.yaml", "--node", "alarm", "--normal", "normal", "--output", "m.safetensors")
    #expect(alarm.status == 1 && alarm.err.contains("node 'alarm' (alarm) is not a detector"))
  }
}

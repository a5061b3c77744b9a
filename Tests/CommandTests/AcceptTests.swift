import Foundation
import Glibc
import RunControl
import TestSupport
import Testing

/// A detector that watches live learns that a sound is normal.
@Suite(
  .serialized, .oneServerAtATime,
  .enabled(if: FileManager.default.isExecutableFile(atPath: "/usr/bin/jackd"), "jackd is not installed"))
struct AcceptTests {
  private let folder = ScratchFolder()
  private var auscult: Command { Command(folder) }
  private let name = "accept-\(getpid())-\(UInt32.random(in: 0...UInt32.max))"

  private static let watch = """
    graph: accept
    nodes:
      mic: { type: source, machines: [other], connect: "simulator:speaker" }
      stft: { type: stft, length: 512, hop: 256, center: false }
      mel: { type: mel, bands: 16 }
      level: { type: normalize, mode: decibel }
      slices: { type: slicer, length: 12 frames, hop: 100 % }
      values: { type: statistics, of: mean }
      judge: { type: detector.knn, neighbors: 1, density: none, model: model.safetensors }
      alarm: { type: alarm, on: 0.2 s, off: 0.4 s }
      log: { type: sink.jsonl, path: log.jsonl }
      tape: { type: sink.wav, path: tape.wav }
    links:
      - mic -> stft -> mel -> level -> slices -> values -> judge -> alarm -> log
      - judge -> log
      - mic -> tape
    """

  /// Records a simulated fan without JACK.
  private func record(_ path: String, seconds: Int, gain: String = "0 dB") throws {
    try folder.write(
      "make.yaml",
      """
      graph: make
      nodes:
        fan: { type: source.synth, machine: fan, seed: 1 }
        loud: { type: gain, gain: \(gain) }
        file: { type: sink.wav, path: \(path), append: false, rotate: 8 s }
      links: fan -> loud -> file
      """)
    let outcome = try auscult("run", "make.yaml", "--offline", "--duration", "\(seconds)s", "--rate", "16000")
    #expect(outcome.status == 0, "\(outcome.err)")
  }

  /// A folder of normal sound, a model of it, a clip that it calls anomalous, and a known fault.
  private func prepare() throws {
    for name in ["normal/fan", "confirmed", "clips"] {
      try FileManager.default.createDirectory(atPath: folder.file(name), withIntermediateDirectories: true)
    }
    // Three files.
    try record("normal/fan/day.wav", seconds: 24)
    try record("confirmed/faint.wav", seconds: 3, gain: "-40 dB")
    try record("clips/quieter.wav", seconds: 5, gain: "-10 dB")
    try folder.write("clips/quieter.json", #"{"kind":"clip","clip":"quieter.wav","graph":"accept","machine":"fan"}"#)
    try folder.write("accept.yaml", Self.watch)
    let trained = try auscult(
      "train", "accept.yaml", "--normal", "normal/fan", "--output", "model.safetensors", "--threshold", "percentile=99",
      "--set", "mic.machines=fan")
    #expect(trained.status == 0, "\(trained.err)")
    try folder.write(
      "simulator.yaml",
      """
      graph: simulator
      nodes:
        fan: { type: source.synth, machine: fan, seed: 1 }
        speaker: { type: sink.audio }
      links: fan -> speaker
      """)
  }

  private func live(_ arguments: String...) throws -> LiveCommand {
    let live = try LiveCommand(auscult, arguments: ["run"] + arguments)
    try live.wait(for: "auscult: latency ")
    return live
  }

  private func accept(_ more: String...) throws -> Outcome {
    try auscult.run(["accept", "--for", "2s"] + more)
  }

  private func status() throws -> JSONValue {
    try JSONValue(parsing: Array(try auscult("status", "accept", "--json").out.utf8))
  }

  private func alarms(on file: String, model: String) throws -> Int {
    try? FileManager.default.removeItem(atPath: folder.file("judged.jsonl"))
    let outcome = try auscult(
      "run", "accept.yaml", "--input", file, "--set", "judge.model=\(model)", "--set", "log.path=judged.jsonl",
      "--set", "tape.path=judged.wav", "--set", "mic.machines=fan")
    #expect(outcome.status == 0, "\(outcome.err)")
    return try folder.writtenRecords("judged.jsonl").count { $0["state"] == "raised" }
  }

  @Test func anAcceptedSoundIsLearnedAndTakesOver() throws {
    try prepare()
    let simulator = try live("simulator.yaml", "--start-server", "--server", name, "--rate", "16000")
    let watch = try live("accept.yaml", "--server", name, "--set", "mic.machines=fan")
    try folder.waitForScores("log.jsonl", generation: 1, count: 5)
    let before = try folder.data("model.safetensors")
    #expect(try alarms(on: "clips/quieter.wav", model: "model.safetensors") >= 1)

    // What is refused, and a trial, leave nothing behind.
    try refusals()
    let trial = try accept("clips/quieter.wav", "--dry-run")
    #expect(
      trial.status == 0 && trial.out.contains("5 of 6: the candidate would take over"), "\(trial.out)\(trial.err)")
    #expect(trial.out.contains("3 of 6: no alarm on the accepted sound; the confirmed alarm is raised again"))
    try expectNothingChanged(before)

    // What was a fault stays one: the clip can't be normal, and a fault.
    try FileManager.default.copyItem(
      atPath: folder.file("clips/quieter.wav"), toPath: folder.file("confirmed/same.wav"))
    let refused = try accept("clips/quieter.wav")
    #expect(refused.status == 1 && refused.err.contains("misses 1 of 2 confirmed alarms: "), "\(refused.err)")
    #expect(refused.err.contains("nothing was changed"))
    try FileManager.default.removeItem(atPath: folder.file("confirmed/same.wav"))
    try expectNothingChanged(before)

    let done = try accept("clips/quieter.wav")
    #expect(done.status == 0 && done.out.contains("6 of 6: "), "\(done.out)\(done.err)")
    #expect(folder.contains("normal/fan/quieter.wav"))
    let after = try status()
    #expect(after["swap"]?["stage"] == "done" && after["generation"]?.integer ?? 0 > 1)
    // Also at the next start.
    #expect(try alarms(on: "clips/quieter.wav", model: "model.safetensors") == 0)
    #expect(try alarms(on: "confirmed/faint.wav", model: "model.safetensors") >= 1)

    let undone = try auscult("accept", "--undo")
    #expect(undone.status == 0, "\(undone.out)\(undone.err)")
    #expect(try folder.data("model.safetensors") == before)
    #expect(!folder.contains("normal/fan/quieter.wav") && folder.contains("normal/.taken-back/quieter.wav"))
    #expect(try status()["generation"]?.integer ?? 0 > after["generation"]?.integer ?? 0)
    #expect(try auscult("accept", "--undo").err.contains("nothing was accepted into normal"))

    // A stretch of the watch's own tape.
    let tape = try accept("--graph", "accept", "--machine", "fan", "--since", "4s", "--until", "2s", "--dry-run")
    #expect(tape.status == 0 && tape.out.contains("1 of 6: 1 recording joined normal: fan-"), "\(tape.out)\(tape.err)")
    let sounds = try FileManager.default.contentsOfDirectory(atPath: folder.file("normal/fan")).sorted()
    let long = try accept("--graph", "accept", "--machine", "fan", "--since", "5min", "--until", "2s", "--dry-run")
    #expect(long.status == 1 && long.err.contains("the tape lacks"), "\(long.out)\(long.err)")
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.file("normal/fan")).sorted() == sounds)
    for run in [watch, simulator] {
      run.signal(SIGINT)
      _ = try run.end()
    }
    // No score was lost by any of it.
    let records = try folder.writtenRecords("log.jsonl")
    try expectSpacing(
      records.filter { $0["kind"] == "score" }, 3072, gaps: records.filter { $0["kind"] == "gap" }, least: 20)
  }

  private func expectNothingChanged(_ model: Data) throws {
    #expect(try folder.data("model.safetensors") == model)
    let sounds = try FileManager.default.contentsOfDirectory(atPath: folder.file("normal/fan"))
    #expect(sounds.count { !$0.hasPrefix(".") } == 3, "\(sounds)")
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path).allSatisfy { !$0.contains("accepted") })
    #expect(try status()["swap"]?["stage"] != "shadowing")
  }

  private func refusals() throws {
    try record("clips/fast.wav", seconds: 1)
    let fast = try auscult("run", "make.yaml", "--offline", "--duration", "1s", "--rate", "8000")
    #expect(fast.status == 0)
    for (arguments, text) in [
      (["clips/none.flac"], "there is no such clip"),
      (["clips/fast.wav", "--machine", "fan"], "has 8000 samples a second, and 'accept' hears 16000"),
      (["clips/quieter.wav", "--machine", "pump"], "'accept' has no machine 'pump': judge judges fan"),
      (["clips/quieter.wav", "--normal", "none"], "no normal sound of 'fan': there is no folder "),
      (["clips/quieter.wav", "--normal", "clips"], "has none of the sound that 'judge' has learned from"),
      (["clips/quieter.wav", "--graph", "gone"], "no graph named 'gone' runs"),
      (["clips/quieter.wav", "--graph", "simulator"], "has no detector"),
      (["clips/quieter.wav", "--confirmed", "none"], "there is no such folder"),
      (["--machine", "fan", "--since", "2000-01-01", "--until", "2000-01-02"], "no file has sound between"),
    ] {
      let outcome = try auscult.run(
        ["accept"] + (arguments.contains("--graph") ? [] : ["--graph", "accept"]) + arguments)
      #expect(outcome.status == 1 && outcome.err.contains(text), "\(arguments): \(outcome.err)")
    }
  }

  @Test func wrongUsageIsRefused() throws {
    for arguments in [
      [], ["a.flac", "--since", "1h"], ["--tape", "a.wav"], ["--tape", "a.wav", "--machine", "m"],
      ["--machine", "m", "--since", "1h", "--until", "2h"], ["--undo", "a.flac"],
    ] {
      #expect(try auscult.run(["accept"] + arguments).status == 64, "\(arguments)")
    }
    #expect(try auscult("accept", "a.flac").err.contains("no graph runs"))
  }
}

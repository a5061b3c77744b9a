import Foundation
import GraphEngine
import SystemCalls
import TestSupport
import Testing

/// A node in a process of its own gives what it gives in this process.
@Suite struct SameBitsTests {
  /// With a gap, so that `reset` is among the calls.
  @Test(arguments: ["detector.bands, learn: 1 s", "test.judge, weight: 3, library: LIBRARY"])
  func tenThousandSlicesHaveTheSameScores(type: String) throws {
    var random = SeededRandom(seed: 7)
    let noise = random.noise(frames: 40_000)
    let feed = (0..<34).flatMap { turn in
      [Feed.samples(noise)] + (turn == 20 ? [Feed.gap(1000)] : [])
    }
    let type = type.replacing("LIBRARY", with: BuildFolder.path + "/libtestplugin-judge.so")
    let results = try [false, true].map { isIsolated in
      try runByHand(
        isolationGraph("judge: { type: \(type), isolate: \(isIsolated) }", hop: 128), feed: feed, threads: 1)
    }
    #expect(try results[0].judged.scores.count > (type.contains("bands") ? 9_000 : 10_000))
    #expect(results[0].files["log.jsonl"] == results[1].files["log.jsonl"])
    #expect(results[1].files["rest.jsonl"] == results[0].files["rest.jsonl"])
    #expect(results[1].log == results[0].log)
  }

  /// A node of any kind: one that keeps sound in its state, one that stamps its tokens itself, a sink.
  @Test func otherNodesGiveTheSameToo() throws {
    let text = { (isolate: Bool) in
      """
      graph: kinds
      nodes:
        mic:    { type: source, channels: 2 }
        down:   { type: resample, rate: 16 kHz, isolate: \(isolate) }
        stft:   { type: stft, length: 512, hop: 256, isolate: \(isolate) }
        mel:    { type: mel, bands: 16 }
        level:  { type: normalize, mode: rolling, isolate: \(isolate) }
        slices: { type: slicer, length: 8, hop: 50 %, isolate: \(isolate) }
        judge:  { type: detector.bands, learn: 1 s, isolate: \(isolate) }
        alarm:  { type: alarm, on: 0.2 s, off: 0.2 s, isolate: \(isolate) }
        log:    { type: sink.jsonl, path: "${env:OUT}/log.jsonl", isolate: \(isolate) }
        sound:  { type: sink.npy, path: "${env:OUT}/sound.npy", isolate: \(isolate) }
      links:
        - mic -> down -> stft -> mel -> level -> slices -> judge -> alarm -> log
        - judge -> log
        - down -> sound
      """
    }
    var random = SeededRandom(seed: 8)
    let quiet = random.noise(channels: 2, frames: 200_000)
    let feed = [Feed.samples(quiet), .gap(500), .samples(quiet.map { $0.map { $0 * 30 } })]
    let results = try [false, true].map { try runByHand(text($0), feed: feed) }
    #expect(results[0].lines("log.jsonl").count > 100)
    #expect(results[0].lines("log.jsonl").contains { $0.contains("\"kind\":\"gap\"") })
    for name in ["log.jsonl", "sound.npy"] { #expect(results[0].files[name] == results[1].files[name], "\(name)") }
    #expect(results[1].log == results[0].log)
  }

  /// The commands as typed: the trained models are equal, byte for byte.
  @Test func trainingAndJudgingFilesGiveTheSame() throws {
    let folder = try TemporaryFolder()
    defer { folder.remove() }
    let run = { (line: [String]) in
      try CompiledPlugin.run(
        "sh", ["-c", "cd \"$0\" && exec \"$@\"", folder.path, BuildFolder.path + "/auscult"] + line)
    }
    for isolate in [false, true] {
      try folder.write(
        "\(isolate).yaml",
        """
        graph: train
        nodes:
          mic:    { type: source }
          stft:   { type: stft, length: 512, hop: 256 }
          mel:    { type: mel, bands: 16 }
          level:  { type: normalize, mode: decibel }
          slices: { type: slicer, length: 8, hop: 50 % }
          judge:  { type: detector.kmeans, model: \(isolate).safetensors, isolate: \(isolate) }
          log:    { type: sink.jsonl, path: \(isolate).jsonl }
        links: [ mic -> stft -> mel -> level -> slices -> judge -> log ]
        """)
    }
    try makeSound(folder.path + "/normal")
    for isolate in [false, true] {
      _ = try run([
        "train", "\(isolate).yaml", "--node", "judge", "--normal", "normal", "--output", "\(isolate).safetensors",
      ])
      _ = try run(["run", "\(isolate).yaml", "--input", "normal/0.wav"])
    }
    for ending in ["safetensors", "jsonl"] {
      let files = [false, true].map { FileManager.default.contents(atPath: "\(folder.path)/\($0).\(ending)") }
      #expect(files[0] != nil && files[0] == files[1], "\(ending)")
    }
  }

  private func makeSound(_ folder: String) throws {
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    for number in 0..<2 {
      try writeWav(folder + "/\(number).wav", seed: UInt64(number))
    }
  }

  /// Ten seconds of noise, 16 bits, 48 kHz.
  private func writeWav(_ path: String, seed: UInt64) throws {
    var random = SeededRandom(seed: seed)
    let samples = random.noise(frames: 480_000)[0].map { Int16($0 * 8000) }
    var bytes: [UInt8] = Array("RIFF".utf8)
    let add = { (value: UInt32, count: Int) in
      bytes += (0..<count).map { UInt8(truncatingIfNeeded: value >> UInt32(8 * $0)) }
    }
    add(UInt32(36 + 2 * samples.count), 4)
    bytes += Array("WAVEfmt ".utf8)
    for (value, count) in [(16, 4), (1, 2), (1, 2), (48_000, 4), (96_000, 4), (2, 2), (16, 2)] {
      add(UInt32(value), count)
    }
    bytes += Array("data".utf8)
    add(UInt32(2 * samples.count), 4)
    for sample in samples { add(UInt32(UInt16(bitPattern: sample)), 2) }
    try Data(bytes).write(to: URL(fileURLWithPath: path))
  }

  /// docs/examples/detector.py: the same scores as a plugin that computes the same.
  @Test func aProgramInPythonJudgesLikeAPlugin() throws {
    var random = SeededRandom(seed: 9)
    let noise = random.noise(frames: 60_000)
    let python = BuildFolder.package + "/docs/examples/detector.py"
    let results = try [
      "judge: { type: test.peak, library: \(BuildFolder.path)/libtestplugin-judge.so }",
      "judge: { type: detector.process, command: [/usr/bin/python3, \"\(python)\"], threshold: 1 }",
    ].map { try runByHand(isolationGraph($0), feed: [.samples(noise), .gap(700), .samples(noise)]) }
    let judged = try results.map { try $0.judged }
    #expect(judged[0].scores.count > 400)
    #expect(judged[0].scores.map(\.score) == judged[1].scores.map(\.score))
    #expect(judged[0].scores.map(\.begin) == judged[1].scores.map(\.begin))
    let scores = results[1].lines("log.jsonl").filter { $0.contains("\"kind\":\"score\"") }
    #expect(!scores.isEmpty && scores.allSatisfy { $0.contains("\"threshold\":1") })
    #expect(results[1].log == results[0].log)
  }
}

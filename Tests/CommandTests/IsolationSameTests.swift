import Foundation
import Glibc
import RunControl
import TestSupport
import Testing

/// Whatever a command does with a graph, it does the same with nodes in processes of their own: two folders, whose graphs
/// differ in `isolate: true` only, have the same files afterwards, byte for byte.
@Suite struct IsolationSameTests {
  private static func graph(_ type: String, isolate: Bool) -> String {
    let own = isolate ? ", isolate: true" : ""
    return """
      graph: fan
      nodes:
        mic:    { type: source, machines: [fan] }
        stft:   { type: stft, length: 512, hop: 256 }
        mel:    { type: mel, bands: 16\(own) }
        level:  { type: normalize, mode: decibel }
        slices: { type: slicer, length: 8, hop: 50 %\(own) }
        judge:  { type: \(type)\(own) }
        alarm:  { type: alarm, on: 0.2 s, off: 0.2 s\(own) }
        log:    { type: sink.jsonl, path: log.jsonl\(own) }
        clips:  { type: sink.clip, path: clips, before: 0.2 s, after: 0.2 s, format: wav\(own) }
        array:  { type: sink.npy, path: slices.npy\(own) }
      links:
        - mic -> stft -> mel -> level -> slices -> judge -> alarm -> log
        - judge -> log
        - slices -> array
        - mic -> clips.audio
        - alarm -> clips.event
      """
  }

  /// Noise, four times as loud for a while if it is anomalous.
  private func sound(_ seed: UInt64, isAnomalous: Bool = false) -> Data {
    var random = SeededRandom(seed: seed)
    let noise = random.noise(frames: 64_000)[0]
    return wav(
      noise.enumerated().map { Int16($1 * (isAnomalous && (24_000..<40_000).contains($0) ? 16_000 : 2000)) })
  }

  private func makeSounds(_ folder: ScratchFolder) throws {
    let names = [
      "sounds/train/normal/0", "sounds/train/normal/1", "sounds/train/normal/2", "sounds/test/normal/3", "later/4",
    ]
    for (number, name) in names.enumerated() { try folder.write(name + ".wav", sound(UInt64(number))) }
    try folder.write("sounds/test/anomalous/5.wav", sound(5, isAnomalous: true))
  }

  /// Every file of a folder, without what names isolation, the graph's file, or the time that something took.
  private func files(_ folder: ScratchFolder) throws -> [String: String] {
    var files: [String: String] = [:]
    for case let path as String in try #require(FileManager.default.enumerator(atPath: folder.path)) {
      let isFile =
        try FileManager.default.attributesOfItem(atPath: folder.path + "/" + path)[.type] as? FileAttributeType
        == .typeRegular
      if !isFile || path.hasPrefix(".scratch") || ["fan.yaml", "report/report.html"].contains(path) { continue }
      files[path] = plain(try folder.data(path), folder)
    }
    return files
  }

  private func plain(_ data: Data, _ folder: ScratchFolder) -> String {
    // Of one byte each, so that arrays stay what they are.
    let text = String(data: data, encoding: .isoLatin1) ?? ""
    return text.replacing(folder.path, with: "")
      .replacing(#/"graph_hash":"[^"]+"/#, with: "").replacing(#/"(elapsed|seconds|time)":[0-9.e-]+/#, with: "")
      .replacing(#/20\d\d-\d\d-\d\dT[0-9:.]+Z/#, with: "")
  }

  @Test(arguments: ["detector.kmeans, clusters: 3", "detector.autoencoder, layers: 16 4 16, epochs: 2", "detector.gmm"])
  func everyCommandOverFiles(type: String) throws {
    let commands = [
      ["train", "fan.yaml", "--dataset", "sounds/train", "--output", "trained.safetensors", "--quiet"],
      ["calibrate", "fan.yaml", "--normal", "later", "--false-alarms-per-hour", "60"],
      ["evaluate", "fan.yaml", "--dataset", "sounds/test", "--report", "report", "--json"],
      ["run", "fan.yaml", "--input", "sounds/test", "--quiet"],
      // Its sinks go on with the files of the run before.
      ["run", "fan.yaml", "--input", "later", "--quiet"],
      ["adapt", "fan.yaml", "--normal", "later", "--output", "adapted.safetensors", "--force"],
      ["compare", "fan.yaml", "--dataset", "sounds", "--results", "results", "--seeds", "2", "--json"],
    ]
    var results: [[String: String]] = []
    for isolate in [false, true] {
      let folder = ScratchFolder()
      try makeSounds(folder)
      try folder.write("fan.yaml", Self.graph(type + ", model: trained.safetensors", isolate: isolate))
      var said = ""
      for command in commands {
        let outcome = try Command(folder).run(command)
        #expect(outcome.status == 0, "\(command): \(outcome.err)")
        said += outcome.out
      }
      try folder.write("said.txt", said)
      results.append(try files(folder))
    }
    #expect(results[0].count > 8)
    #expect(results[0].keys.contains { $0.hasPrefix("clips/") && $0.hasSuffix(".wav") }, "\(results[0].keys)")
    #expect(Set(results[0].keys) == Set(results[1].keys))
    for (name, data) in results[0] { #expect(results[1][name] == data, "\(name)") }
  }
}

/// The same live, where nodes change while they run: two detectors hear the same slices, one of them in a process of its
/// own.
@Suite(
  .serialized, .oneServerAtATime,
  .enabled(if: FileManager.default.isExecutableFile(atPath: "/usr/bin/jackd"), "jackd is not installed"))
struct IsolationSameLiveTests {
  private let folder = ScratchFolder()
  private let name = "test-\(getpid())-\(UInt32.random(in: 0...UInt32.max))"
  private var auscult: Command { Command(folder) }

  private static let frontEnd = """
      stft:   { type: stft, length: 512, hop: 256 }
      mel:    { type: mel, bands: 16 }
      level:  { type: normalize, mode: decibel }
      slices: { type: slicer, length: 8, hop: 1 }
    """

  private func write() throws {
    var random = SeededRandom(seed: 6)
    try folder.write("normal/a.wav", wav(random.noise(frames: 48_000)[0].map { Int16($0 * 2000) }))
    try folder.write(
      "train.yaml",
      """
      graph: train
      nodes:
        mic:    { type: source, machines: [fan] }
      \(Self.frontEnd)
        judge:  { type: detector.kmeans, clusters: 3, model: fan.safetensors }
      links: [ mic -> stft -> mel -> level -> slices -> judge ]
      """)
    try folder.write(
      "live.yaml",
      """
      graph: live
      nodes:
        fan:    { type: source.synth, machine: fan }
        loud:   { type: gain, gain: 1, thread: worker, isolate: true }
      \(Self.frontEnd)
        same:   { type: detector.kmeans, model: fan.safetensors }
        own:    { type: detector.kmeans, model: fan.safetensors, isolate: true }
        log:    { type: sink.jsonl, path: log.jsonl }
      links: [ fan -> loud -> stft -> mel -> level -> slices -> same -> log, slices -> own -> log ]
      """)
  }

  private func change(_ arguments: String...) throws -> Outcome {
    let outcome = try auscult.run(arguments + ["--graph", name])
    #expect(outcome.status == 0, "\(arguments): \(outcome.err)")
    return outcome
  }

  private struct Score: Equatable {
    var span: [Int64?]
    var score: Double?
  }

  /// The records of a node's scores, in order.
  private func records(_ node: String) throws -> [JSONValue] {
    let lines = try folder.text("log.jsonl").split(separator: "\n")
    let records = try lines.map { try JSONValue(parsing: Array($0.utf8)) }
    return records.filter { $0["kind"]?.text == "score" && $0["node"]?.text == node }
  }

  private func scores(_ records: [JSONValue]) -> [Score] {
    records.map { Score(span: [$0["begin"]?.integer, $0["end"]?.integer], score: $0["score"]?.number) }
  }

  private func waitForMore() throws {
    let count = folder.contains("log.jsonl") ? try folder.data("log.jsonl").count : 0
    try waitUntil { try folder.contains("log.jsonl") && folder.data("log.jsonl").count > count + 10_000 }
  }

  @Test func changesOfARunningGraph() throws {
    try write()
    let train = try auscult("train", "train.yaml", "--normal", "normal", "--output", "fan.safetensors", "--quiet")
    try #require(train.status == 0, "\(train.err)")
    let live = try LiveCommand(
      auscult,
      arguments: ["run", "live.yaml", "--start-server", "--name", name, "--rate", "16000", "--period", "256"])
    try live.wait(for: "auscult: latency ")
    try waitForMore()
    // New values of a node that goes on.
    _ = try change("set", "loud", "gain=0.25")
    try waitForMore()
    for node in ["own", "same"] {
      // The candidate, in a process of its own as well, judges beside the present one.
      _ = try change("shadow", node, "threshold=4")
      try waitForMore()
      let report = try JSONValue(parsing: Array(change("shadow", "status", "--json").out.utf8))["shadow"]
      #expect(report?["candidate"]?["scores"]?.integer ?? 0 > 0, "\(String(describing: report))")
      _ = try change("promote")
      try waitForMore()
    }
    live.signal(SIGTERM)
    let outcome = try live.end(seconds: 60)
    #expect(outcome.status == 0, "\(outcome.err)")
    let (same, own) = (try records("same"), try records("own"))
    #expect(same.count > 200)
    #expect(scores(own) == scores(same))
    #expect(own.last?["threshold"]?.number == 4 && same.last?["threshold"]?.number == 4)
    #expect(Set(own.map { $0["score"]?.number }).count > 50)
  }
}

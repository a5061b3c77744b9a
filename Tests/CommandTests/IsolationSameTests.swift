import Foundation
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
    try folder.write("later/6.wav", sound(6))
    try folder.write("later/7.wav", sound(7))
  }

  /// Every file of a folder, without what names isolation, the graph's file, or the time that something took.
  private func files(_ folder: ScratchFolder) throws -> [String: String] {
    var files: [String: String] = [:]
    for case let path as String in try #require(FileManager.default.enumerator(atPath: folder.path)) {
      let isFile =
        try FileManager.default.attributesOfItem(atPath: folder.path + "/" + path)[.type] as? FileAttributeType
        == .typeRegular
      if !isFile || path.hasPrefix(".scratch") || ["fan.yaml", "report/report.html"].contains(path) { continue }
      // Results of `compare` have the fingerprint of the graph in their names.
      files[path.replacing(#/-[0-9a-f]{16}\.json$/#, with: ".json")] = plain(try folder.data(path), folder)
    }
    return files
  }

  private func plain(_ data: Data, _ folder: ScratchFolder) -> String {
    // Of one byte each, so that arrays stay what they are.
    let text = String(data: data, encoding: .isoLatin1) ?? ""
    return text.replacing(folder.path, with: "")
      .replacing(#/"(graph_hash|fingerprint)":"[^"]+"/#, with: "").replacing(
        #/"(elapsed|judging_seconds|training_seconds|real_time_factor)":[0-9.e-]+/#, with: ""
      )
      .replacing(#/20\d\d-\d\d-\d\dT[0-9:.]+Z/#, with: "")
  }

  @Test(arguments: ["detector.kmeans, clusters: 3", "detector.autoencoder, layers: 16 4 16, epochs: 2"])
  func everyCommandOverFiles(type: String) throws {
    let commands = [
      ["train", "fan.yaml", "--dataset", "sounds/train", "--output", "trained.safetensors", "--quiet"],
      ["calibrate", "fan.yaml", "--normal", "later", "--false-alarms-per-hour", "60"],
      ["evaluate", "fan.yaml", "--dataset", "sounds/test", "--report", "report", "--json"],
      ["run", "fan.yaml", "--input", "sounds/test", "--quiet"],
      // Its sinks go on with the files of the run before.
      ["run", "fan.yaml", "--input", "later", "--quiet"],
      ["adapt", "fan.yaml", "--normal", "later", "--output", "adapted.safetensors", "--force"],
      ["compare", "fan.yaml", "--dataset", "sounds", "--results", "results", "--json"],
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
    let hasClips = results[0].keys.contains { $0.hasPrefix("clips/") && $0.hasSuffix(".wav") }
    #expect(hasClips || !type.contains("kmeans"))
    #expect(Set(results[0].keys) == Set(results[1].keys))
    for (name, data) in results[0] { #expect(results[1][name] == data, "\(name)") }
  }
}

import Foundation
import Testing

/// Recordings that were resampled or encoded have nothing above some frequency.
@Suite struct BandLimitTests {
  static let detectors = [
    "type: detector.kmeans, scale: standard", "type: detector.knn", "type: detector.mahalanobis, scale: none",
    "type: detector.pca", "type: detector.autoencoder, scale: standard, epochs: 20",
  ]

  /// A sound without anything above 5 kHz, as after a converter: a windowed sinc of 255 samples, at 16 kHz.
  private func limited(_ sound: [Float]) -> [Float] {
    let half = 127
    let taps = (-half...half).map { index -> Float in
      let angle = Double.pi * Double(index)
      let sinc = index == 0 ? 0.625 : sin(0.625 * angle) / angle
      let window = 0.42 + 0.5 * cos(angle / Double(half + 1)) + 0.08 * cos(2 * angle / Double(half + 1))
      return Float(sinc * window)
    }
    return sound.indices.map { at in
      var sum: Float = 0
      for (place, tap) in taps.enumerated() {
        let from = at + half - place
        if sound.indices.contains(from) { sum += tap * sound[from] }
      }
      return sum
    }
  }

  private func trained(_ judge: String, limits: Bool) throws -> (CommandFolder, CommandFolder.Outcome) {
    let workshop = try CommandFolder()
    // Slices of different recordings share no dB value.
    try workshop.write(
      "watch.yaml",
      watchGraph("\(judge), model: model.safetensors", bands: 40)
        .replacing("slices -> judge", with: "slices -> mean -> judge")
        .replacing("  judge: {", with: "  mean: { type: statistics, of: mean+std }\n  judge: {"))
    for index in 0..<6 {
      let sound = machineSound(seconds: 5, seed: UInt64(index))
      try workshop.record("normal/\(index).wav", limits ? limited(sound) : sound)
    }
    for index in 0..<2 {
      let calm = machineSound(seconds: 4, seed: UInt64(20 + index))
      let whistling = machineSound(seconds: 4, seed: UInt64(30 + index), whistle: 0.2)
      try workshop.record("full/normal/\(index).wav", calm)
      try workshop.record("cut/normal/\(index).wav", limited(calm))
      try workshop.record("full/anomalous/\(index).wav", whistling)
      try workshop.record("cut/anomalous/\(index).wav", limited(whistling))
    }
    return (
      workshop, try workshop.auscult("train", "watch.yaml", "--normal", "normal", "--output", "model.safetensors")
    )
  }

  /// AUC, share of flagged normal tokens, and the messages.
  private func judged(_ workshop: CommandFolder, _ data: String) throws -> (auc: Double, flagged: Double, err: String) {
    let outcome = try workshop.auscult("evaluate", "watch.yaml", "--dataset", data, "--json")
    try #require(outcome.status == 0, "\(outcome.err)")
    let pooled = try #require(try json(outcome.out)["pooled"] as? [String: Any])
    let files = (0..<2).map { "\(data)/normal/\($0).wav" }
    let run = try workshop.run(["run", "watch.yaml", "--quiet", "--input"] + files)
    try #require(run.status == 0, "\(run.err)")
    let scores = try workshop.text("log.jsonl").split(separator: "\n").map { try json(String($0)) }
      .filter { $0["kind"] as? String == "score" }
    try #require(scores.count > 40)
    let flagged = Double(scores.count { $0["anomalous"] as? Bool == true }) / Double(scores.count)
    return (try #require(pooled["auc"] as? Double), flagged, outcome.err)
  }

  @Test(arguments: detectors) func aSoundThatLacksBandsIsJudgedWithoutThem(judge: String) throws {
    let (workshop, train) = try trained(judge, limits: false)
    try #require(train.status == 0, "\(train.err)")
    #expect(!train.err.contains("has nothing above"), "\(train.err)")
    let full = try judged(workshop, "full")
    #expect(full.auc == 1 && full.flagged < 0.1 && !full.err.contains("has nothing above"), "\(full)")
    let cut = try judged(workshop, "cut")
    #expect(cut.auc > 0.98 && cut.flagged <= 2 * full.flagged + 0.1, "\(cut)")
    #expect(cut.err.contains("fan: the sound has nothing above "), "\(cut.err)")
    #expect(cut.err.contains("4 of 4 recordings lack upper bands that the model was trained on"), "\(cut.err)")
    // Also in a run.
    let run = try workshop.auscult("run", "watch.yaml", "--input", "cut/normal/0.wav")
    #expect(run.status == 0 && run.err.contains("scores leave these bands out"), "\(run.err)")
  }

  /// A machine that has lost its whistle is faulty, and lacks no bands: the whistle was in its highest band or in a
  /// middle one.
  @Test(arguments: [3000, 7000]) func aLostWhistleIsNoLackOfBands(frequency: Double) throws {
    let workshop = try CommandFolder()
    try workshop.write("watch.yaml", watchGraph("type: detector.knn, model: model.safetensors", bands: 40))
    for index in 0..<8 {
      let sound = machineSound(
        seconds: 4, seed: UInt64(index), whistle: index < 6 ? 0.3 : 0, frequency: frequency)
      try workshop.record(index < 6 ? "normal/\(index).wav" : "test/\(index).wav", sound)
    }
    let train = try workshop.auscult("train", "watch.yaml", "--normal", "normal", "--output", "model.safetensors")
    try #require(train.status == 0, "\(train.err)")
    let run = try workshop.run(["run", "watch.yaml", "--input", "test/6.wav", "test/7.wav"])
    #expect(run.status == 0 && !run.err.contains("has nothing above"), "\(run.err)")
    let scores = try workshop.text("log.jsonl").split(separator: "\n").map { try json(String($0)) }
      .filter { $0["kind"] as? String == "score" }
    #expect(scores.count { $0["anomalous"] as? Bool == true } > scores.count * 9 / 10)
  }

  @Test(arguments: detectors) func whatTheTrainingSoundLacksIsNotJudged(judge: String) throws {
    let (workshop, train) = try trained(judge, limits: true)
    try #require(train.status == 0, "\(train.err)")
    #expect(train.err.contains("machine 'fan': its sound has nothing above "), "\(train.err)")
    for data in ["full", "cut"] {
      let result = try judged(workshop, data)
      #expect(result.auc > 0.98 && result.flagged < 0.2, "\(data): \(result)")
      #expect(!result.err.contains("lack upper bands"), "\(result.err)")
    }
  }
}

import Foundation
import Models
import TestSupport
import Testing
import Training

/// `auscult adapt`: another microphone is an offset for each band, which the model adopts.
@Suite struct AdaptTests {
  /// Levels removed, mean and deviation of 1 s: another microphone shifts the means only.
  private static func graph(_ judge: String = "type: detector.ocsvm, nu: 0.1", features: String = "relative") -> String
  {
    let level =
      switch features {
      case "relative": "mode: decibel, ref: mean"
      case "power": "mode: none"
      default: "mode: decibel"
      }
    return """
      graph: watch
      nodes:
        mic: { type: source, machines: [fan] }
        stft: { type: stft, length: 1024, hop: 512, center: false }
        mel: { type: mel, bands: 32 }
        slices: { type: slicer, length: 0.5 s, hop: 100 % }
        level: { type: normalize, \(level) }
        values: { type: statistics, of: mean+std }
        judge: { \(judge), model: model.safetensors }
        alarm: { type: alarm, on: 0.5 s, off: 1 s }
        end: { type: sink.null }
      links: mic -> stft -> mel -> slices -> level -> values -> judge -> alarm -> end
      """
  }

  /// Another microphone: a second-order high-pass at 300 Hz and a shelf above 2.5 kHz.
  private static func equalized(_ samples: [Float], rate: Double = 16000) -> [Float] {
    let angle = 2 * Double.pi * 300 / rate
    let alpha = sin(angle) / 2.0.squareRoot()
    let (b0, b1, a0) = ((1 + cos(angle)) / 2, -(1 + cos(angle)), 1 + alpha)
    let (a1, a2) = (-2 * cos(angle), 1 - alpha)
    let pole = exp(-2 * Double.pi * 2500 / rate)
    var (x1, x2, y1, y2, low) = (0.0, 0.0, 0.0, 0.0, 0.0)
    return samples.map { sample in
      let x = Double(sample)
      let y = (b0 * x + b1 * x1 + b0 * x2 - a1 * y1 - a2 * y2) / a0
      (x2, x1, y2, y1) = (x1, x, y1, y)
      low += (1 - pole) * (y - low)
      return Float(0.4 * (y + 1.5 * (y - low)))
    }
  }

  /// A hum and noise that vary by about 20 % within seconds; a fault whistles softly.
  private static func sound(_ seconds: Double, _ seed: UInt64, whistle: Float = 0) -> [Float] {
    let (slow, fast) = (Float(0.4 + 0.1 * Double(seed % 5)), Float(0.9 + 0.07 * Double(seed % 7)))
    return machineSound(seconds: seconds, seed: seed, whistle: whistle).enumerated().map { index, sample in
      let time = Float(index) / 16000
      return sample * (0.7 + 0.15 * sin(2 * .pi * slow * time) + 0.1 * sin(2 * .pi * fast * time))
    }
  }

  private func workshop(_ graph: String = AdaptTests.graph()) throws -> CommandFolder {
    let workshop = try CommandFolder()
    try workshop.write("watch.yaml", graph)
    for index in 0..<6 { try workshop.record("normal/n\(index).wav", Self.sound(10, UInt64(index))) }
    for index in 0..<4 {
      let number = UInt64(index)
      let (normal, faulty) = (Self.sound(8, 100 + number), Self.sound(8, 200 + number, whistle: 0.012))
      try workshop.record("clean/normal/\(index).wav", normal)
      try workshop.record("clean/anomalous/\(index).wav", faulty)
      try workshop.record("there/normal/\(index).wav", Self.equalized(normal))
      try workshop.record("there/anomalous/\(index).wav", Self.equalized(faulty))
      try workshop.record("minute/\(index).wav", Self.equalized(Self.sound(15, 300 + number)))
    }
    let train = try workshop.auscult(
      "train", "watch.yaml", "--normal", "normal", "--output", "model.safetensors", "--false-alarms-per-hour", "60",
      "-q")
    try #require(train.status == 0, "\(train.err)")
    return workshop
  }

  private func area(_ workshop: CommandFolder, _ data: String, _ model: String = "model.safetensors") throws -> Double {
    let evaluate = try workshop.auscult(
      "evaluate", "watch.yaml", "--dataset", data, "--json", "--quiet", "--set", "judge.model=\(model)")
    try #require(evaluate.status == 0, "\(evaluate.err)")
    return try #require((try json(evaluate.out)["pooled"] as? [String: Any])?["auc"] as? Double)
  }

  private func adapt(_ workshop: CommandFolder, _ more: String...) throws -> [String: Any] {
    let outcome = try workshop.run(["adapt", "watch.yaml", "--json", "--quiet"] + more)
    try #require(outcome.status == 0, "\(outcome.err)")
    return try #require((try json(outcome.out)["machines"] as? [[String: Any]])?.first)
  }

  static let detectors = [
    "type: detector.ocsvm, nu: 0.1", "type: detector.kmeans, clusters: 1", "type: detector.knn",
    "type: detector.mahalanobis, scale: none", "type: detector.gmm, components: 1", "type: detector.pca",
    "type: detector.autoencoder, scale: standard, epochs: 60, layers: 32 8 32",
  ]

  @Test(arguments: detectors) func anotherMicrophoneIsTakenUp(detector: String) throws {
    let workshop = try workshop(Self.graph(detector))
    let clean = try area(workshop, "clean")
    let before = try area(workshop, "there")
    let machine = try adapt(workshop, "--normal", "minute", "--output", "there.safetensors")
    let after = try area(workshop, "there", "there.safetensors")
    print("\(detector): AUC \(clean), with another microphone \(before), adapted \(after)")
    #expect(clean > 0.9 && abs(after - clean) < 0.03)
    #expect(try #require(machine["flagged_before"] as? Double) > 0.9)
    #expect(try #require(machine["flagged"] as? Double) < 0.1)
    // Deviations are not levels: they stay.
    let offsets = try #require(machine["offsets"] as? [Double])
    #expect(offsets.count == 64 && offsets[32...].allSatisfy { $0 == 0 }, "\(offsets)")
    // From the high-pass to the shelf; the level that is removed moves all of them alike.
    #expect(offsets[31] - offsets[0] > 20, "\(offsets)")
    let uncertainty = try #require(machine["uncertainty"] as? [Double])
    #expect(uncertainty.count == 64 && uncertainty[..<32].allSatisfy { $0 > 0 && $0 < 1 })
  }

  @Test func aKnobIsSixDecibelsInEveryBand() throws {
    let workshop = try workshop(Self.graph(features: "raw"))
    for index in 0..<4 {
      try workshop.record("knob/\(index).wav", Self.sound(15, UInt64(300 + index)).map { 0.501_187 * $0 })
    }
    let offsets = try #require(try adapt(workshop, "--normal", "knob")["offsets"] as? [Double])
    #expect(offsets[..<32].allSatisfy { abs($0 + 6) < 0.4 }, "\(offsets)")
  }

  /// Differences of a few seconds of the same microphone are chance: most of them do not become offsets.
  @Test func theSameMicrophoneHasFewOffsets() throws {
    let workshop = try workshop()
    for index in 0..<2 { try workshop.record("here/\(index).wav", Self.sound(8, UInt64(400 + index))) }
    let machine = try adapt(workshop, "--normal", "here")
    let offsets = try #require(machine["offsets"] as? [Double])
    let uncertain = try #require(machine["uncertainty"] as? [Double])
    #expect(offsets[..<32].count { $0 == 0 } >= 8, "\(offsets), \(uncertain)")
  }

  /// Files and folders, the model in its own place; a second adaptation counts from the training, not from the first
  /// one.
  @Test func theModelRemembers() throws {
    let workshop = try workshop()
    _ = try adapt(workshop, "--normal", "clean/normal")
    _ = try adapt(workshop, "--normal", "minute/0.wav", "minute/1.wav", "minute/2.wav", "minute/3.wav")
    let twice = try ModelFile(path: "\(workshop.path)/model.safetensors")
    let history = twice.machines[0].adaptations
    #expect(history.count == 2)
    #expect(history[1]["files"]?.array?.compactMap(\.text) == (0..<4).map { "\($0).wav" })
    #expect(history[1]["time"]?.text?.hasSuffix("Z") == true && history[1]["user"]?.text != nil)
    #expect(history[1]["threshold_before"]?.number == history[0]["threshold"]?.number)
    #expect(history[1]["threshold"]?.number == twice.machines[0].threshold)
    let text = try workshop.auscult("info", "model.safetensors").out
    #expect(text.contains("adapted 2 times, the last on "), "\(text)")

    let train = try workshop.auscult(
      "train", "watch.yaml", "--normal", "normal", "--output", "model.safetensors", "--false-alarms-per-hour", "60",
      "-q")
    try #require(train.status == 0)
    _ = try adapt(workshop, "--normal", "minute")
    let once = try ModelFile(path: "\(workshop.path)/model.safetensors")
    #expect(once.tensors == twice.tensors && once.machines[0].offsets == twice.machines[0].offsets)
    #expect(once.machines[0].threshold == twice.machines[0].threshold)
  }

  /// Huber's estimate solves its equation: values within two deviations count by their distance, others by two.
  @Test func levelsAreHubersEstimate() {
    var random = SeededRandom.fresh()
    print("seed \(random.seed)")
    for _ in 0..<20 {
      // A skewed distribution with outliers.
      let values = random.noise(frames: 301)[0].map { Double($0) }.enumerated().map {
        $0 % 29 == 0 ? 60.0 : exp(2 * $1)
      }
      let sorted = values.sorted()
      let scale = 1.4826 * values.map { abs($0 - sorted[150]) }.sorted()[150]
      let location = LearnedLevels.location(values, from: sorted[150], scale: scale)
      let sum = values.reduce(0) { $0 + max(-2, min(2, ($1 - location) / scale)) }
      #expect(abs(sum) < 1e-6, "\(sum)")
      // Outliers move the mean by 2 and the estimate by little, and the estimate is not the median.
      let mean = values.reduce(0, +) / 301
      #expect(location != sorted[150] && abs(location - sorted[150]) < 0.5 * abs(mean - sorted[150]))
    }
    #expect(LearnedLevels.location([3, 3, 3, 9], from: 3, scale: 0) == 3)
  }

  /// A threshold from files uses scores whose offsets were measured without them: `calibrate` on the same sound gives a
  /// lower one.
  @Test func theThresholdIsNotSetOnWhatTheOffsetsHeard() throws {
    let workshop = try workshop()
    for index in 0..<4 { try workshop.record("few/\(index).wav", Self.equalized(Self.sound(4, UInt64(500 + index)))) }
    let rule = ["--threshold", "percentile=100"]
    let outcome = try workshop.run(
      ["adapt", "watch.yaml", "--json", "--quiet", "--normal", "few", "--output", "few.safetensors"] + rule)
    try #require(outcome.status == 0, "\(outcome.err)")
    let adapted = try #require(ModelFile(path: "\(workshop.path)/few.safetensors").machines[0].threshold)
    let calibrate = try workshop.run(
      [
        "calibrate", "watch.yaml", "--quiet", "--normal", "few", "--set", "judge.model=few.safetensors", "--output",
        "same.safetensors",
      ] + rule)
    try #require(calibrate.status == 0, "\(calibrate.err)")
    let same = try #require(ModelFile(path: "\(workshop.path)/same.safetensors").machines[0].threshold)
    #expect(adapted > same, "\(adapted), \(same)")
  }

  @Test func aThresholdThatRisesFarIsToldOf() throws {
    let workshop = try workshop()
    for (rule, isTold) in [("sigma=3", false), ("sigma=500", true)] {
      let outcome = try workshop.auscult(
        "adapt", "watch.yaml", "--normal", "minute", "--threshold", rule, "--output", "there.safetensors")
      #expect(
        outcome.status == 0 && outcome.err.contains("machine 'fan': its threshold rose from ") == isTold,
        "\(outcome.err)")
    }
  }

  private func refused(_ workshop: CommandFolder, _ more: String...) throws -> String {
    let before = try workshop.data("model.safetensors")
    let outcome = try workshop.run(["adapt", "watch.yaml", "--quiet"] + more)
    #expect(outcome.status == 1, "\(outcome.out)")
    #expect(try workshop.data("model.safetensors") == before)
    return outcome.err
  }

  @Test func whatOffsetsDoNotExplainIsRefused() throws {
    let workshop = try workshop()
    // A knock, six times a second: other bands fluctuate than in training.
    for index in 0..<4 {
      let knocking = Self.sound(15, UInt64(300 + index)).enumerated().map { place, sample in
        let time = Float(place % 2666) / 16000
        return sample + 0.6 * exp(-time / 0.004) * sin(2 * .pi * 2400 * time)
      }
      try workshop.record("knock/\(index).wav", Self.equalized(knocking))
    }
    let error = try refused(workshop, "--normal", "knock")
    #expect(error.contains("machine 'fan': not adapted: offsets do not explain how the sound here differs"), "\(error)")
    #expect(error.contains("or use --force"))
    let forced = try workshop.auscult(
      "adapt", "watch.yaml", "--normal", "knock", "--force", "--output", "f.safetensors")
    #expect(forced.status == 0 && forced.err.contains("offsets do not explain"), "\(forced.err)")
    #expect(forced.err.contains("adapted anyway (--force)") && !forced.err.contains("not adapted"))
    #expect(forced.out.contains("wrote f.safetensors"))
  }

  @Test func tooLittleIsRefused() throws {
    let workshop = try workshop()
    try workshop.record("short.wav", Self.equalized(Self.sound(3, 300)))
    let error = try refused(workshop, "--normal", "short.wav")
    #expect(error.contains("there are only 6 tokens (2.9 s) of normal sound: give a minute or more"), "\(error)")
    try workshop.record("silent.wav", [Float](repeating: 0, count: 16000 * 20))
    let silence = try refused(workshop, "--normal", "silent.wav")
    #expect(silence.contains("all sound of the model's machines is silent: fan"), "\(silence)")
    #expect(try refused(workshop, "--normal", "none.wav").contains("none.wav: there is no such file or folder"))
  }

  /// Training sound says nothing about another place, a copy adds nothing, and a stuck sensor gives nothing.
  @Test func soundThatSaysNothingIsRefused() throws {
    let workshop = try workshop()
    // Another container with the same samples.
    for index in 0..<6 {
      let samples = Self.sound(10, UInt64(index)).map { Float(Int16(max(-1, min(1, $0)) * 32767)) / 32768 }
      try workshop.recordFloats("float/\(index).wav", samples)
    }
    for folder in ["normal", "float"] {
      let error = try refused(workshop, "--normal", folder)
      #expect(error.contains("\(folder)/") && error.contains("(and 5 more): the model was trained on it"), "\(error)")
    }
    for index in 0..<8 { try workshop.record("copies/\(index).wav", Self.equalized(Self.sound(3, 300))) }
    let copies = try refused(workshop, "--normal", "copies")
    #expect(copies.contains("7 of 8 recordings hold the same sound as another, and are left out"), "\(copies)")
    #expect(copies.contains("there are only 6 tokens (2.9 s) of normal sound"), "\(copies)")
    try workshop.record("clipped.wav", Self.sound(15, 300).map { $0 * 1000 })
    #expect(try refused(workshop, "--normal", "clipped.wav").contains("clipped.wav: its sensor is stuck: "))
    let other = try refused(workshop, "--normal", "minute", "--set", "mic.machines=[pump]")
    #expect(
      other.contains("the sound is of pump, but the model knows fan: rename the source's 'machines'"), "\(other)")
  }

  @Test func valuesThatAreNoLevelsAreRefused() throws {
    let workshop = try workshop(Self.graph(features: "power"))
    let error = try refused(workshop, "--normal", "minute")
    #expect(error.contains("node 'judge' gets values that are not levels in dB"), "\(error)")
  }

  @Test func usage() throws {
    let workshop = try CommandFolder()
    for arguments in [[], ["--live", "--normal", "a.wav"], ["--normal", "a.wav", "--duration", "3s"]] {
      #expect(try workshop.run(["adapt", "watch.yaml"] + arguments).status == 64)
    }
  }
}

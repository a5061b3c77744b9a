import FileDriver
import Foundation
import Models
import NodeKit
import Testing
import Training

/// `--augment`: how it alters sound, that the seed repeats it, and that only training sound is altered.
@Suite(.serialized) struct AugmentTests {
  private static let rate = 16000

  /// Samples of an altered copy of a recording of one channel.
  private func altered(_ samples: [Float], _ alteration: Alteration) throws -> [Float] {
    let workshop = try CommandFolder()
    try workshop.record("a.wav", samples)
    let copy = try AlteredCopy(of: workshop.path + "/a.wav", alteration)
    let file = try AudioFile(path: copy.path)
    #expect(file.rate == Self.rate && file.channels == 1)
    var result = [Float](repeating: 0, count: Int(file.announcedFrames) + 1)
    let count = file.read(&result, frames: result.count)
    return Array(result[..<count])
  }

  private func sine(_ hertz: Double, seconds: Double) -> [Float] {
    (0..<Int(seconds * Double(Self.rate))).map {
      0.3 * Float(sin(2 * .pi * hertz * Double($0) / Double(Self.rate)))
    }
  }

  /// Where the power is greatest, to a hertz, by a sum over the middle of the sound.
  private func peak(_ samples: [Float]) -> Int {
    let middle = Array(samples[(samples.count / 4)..<(samples.count * 3 / 4)])
    func power(_ hertz: Int) -> Double {
      var (real, imaginary) = (0.0, 0.0)
      for (index, sample) in middle.enumerated() {
        let angle = 2 * Double.pi * Double(hertz * index) / Double(Self.rate)
        let window = 0.5 - 0.5 * cos(2 * .pi * Double(index) / Double(middle.count))
        real += window * Double(sample) * cos(angle)
        imaginary += window * Double(sample) * sin(angle)
      }
      return real * real + imaginary * imaginary
    }
    return (400...500).max { power($0) < power($1) }!
  }

  @Test(arguments: [-1.0, 0.5, 1]) func pitchMovesThePeak(semitones: Double) throws {
    let samples = try altered(sine(440, seconds: 2), .pitch(semitones: semitones))
    #expect(abs(Double(peak(samples)) - 440 * pow(2, semitones / 12)) < 3)
    #expect(abs(Double(samples.count) / Double(Self.rate) - 2) < 0.05)
  }

  @Test(arguments: [0.9, 1.1]) func stretchChangesTheLengthAlone(pace: Double) throws {
    let samples = try altered(sine(440, seconds: 4), .stretch(pace: pace))
    #expect(abs(peak(samples) - 440) < 3)
    #expect(abs(Double(samples.count) / Double(Self.rate) - 4 / pace) < 0.1)
  }

  @Test func noiseRaisesTheFloor() throws {
    let silence = [Float](repeating: 0, count: 20000)
    let samples = try altered(silence, .noise(deviation: 0.005, seed: 3))
    #expect(samples.count == silence.count)
    let mean = samples.reduce(0) { $0 + Double($1) } / Double(samples.count)
    let variance = samples.reduce(0) { $0 + (Double($1) - mean) * (Double($1) - mean) } / Double(samples.count)
    #expect(abs(mean) < 2e-4 && abs(variance.squareRoot() - 0.005) < 1e-4)
    // About two thirds lie within a deviation.
    #expect(abs(Double(samples.count { abs($0) < 0.005 }) / Double(samples.count) - 0.683) < 0.02)
    #expect(try altered(silence, .noise(deviation: 0.005, seed: 3)) == samples)
    #expect(try altered(silence, .noise(deviation: 0.005, seed: 4)) != samples)
  }

  @Test func whatIsTakenAndDrawn() throws {
    for text in ["", "pitch", "pitch=", "pitch=0", "pitch=-1", "echo=1", "pitch=1,pitch=2", "stretch=0.6", "noise=2"] {
      #expect(throws: TrainingError.self, "\(text)") { try Augmentation(text) }
    }
    func complaint(_ text: String) -> String {
      do { _ = try Augmentation(text) } catch { return error.description }
      return ""
    }
    #expect(complaint("pitch=1,echo=1") == "'echo=1' is none of pitch=NUMBER, stretch=NUMBER and noise=NUMBER")
    #expect(complaint("noise=0.1,noise=1") == "'noise' is given twice")
    #expect(complaint("pitch=1,stretch=2") == "'stretch' takes a number above 0, up to 0.5 (as a share)")
    let augmentation = try Augmentation("pitch=1,stretch=0.1,noise=0.005")
    var generator = SeededGenerator(seed: 1)
    var kinds = [0, 0, 0]
    for _ in 0..<3000 {
      switch augmentation.draw(&generator) {
      case .pitch(let semitones):
        kinds[0] += 1
        #expect(abs(semitones) <= 1)
      case .stretch(let pace):
        kinds[1] += 1
        #expect((0.9...1.1).contains(pace))
      case .noise(let deviation, _):
        kinds[2] += 1
        #expect(deviation == 0.005)
      }
    }
    #expect(kinds.allSatisfy { (900...1100).contains($0) }, "\(kinds)")
  }

  /// Validation sound is not altered: its loss is the same with copies and without.
  @Test func copiesAreNotWatchedBy() throws {
    let workshop = try CommandFolder()
    let judge = "type: detector.autoencoder, layers: 8 2 8, epochs: 1, learning_rate: 1e-9, validation: 25 %"
    try workshop.write("watch.yaml", watchGraph(judge + ", model: model.safetensors", bands: 16))
    for index in 0..<5 {
      try workshop.record("normal/n\(index).wav", machineSound(seconds: 3, seed: UInt64(index)))
    }
    func losses(_ more: String...) throws -> (learned: Double, watched: Double) {
      let train = try workshop.run(
        ["train", "watch.yaml", "--normal", "normal", "--output", "model.safetensors", "--threshold", "1"] + more)
      try #require(train.status == 0, "\(train.err)")
      let training = try ModelFile(path: workshop.path + "/model.safetensors").training
      let epoch = try #require(LearningCurve.of(training).first?.epochs.first)
      return (try #require(epoch.loss), try #require(epoch.validationLoss))
    }
    let (plain, altered) = (try losses(), try losses("--augment", "noise=1", "--copies", "2"))
    #expect(abs(altered.watched - plain.watched) < 1e-6 * plain.watched)
    #expect(altered.learned < 0.9 * plain.learned || altered.learned > 1.1 * plain.learned)
  }

  @Test func theSameSeedTheSameModel() throws {
    let workshop = try CommandFolder()
    try workshop.write("watch.yaml", watchGraph("type: detector.kmeans, model: model.safetensors", bands: 16))
    for index in 0..<6 {
      try workshop.record("normal/n\(index).wav", machineSound(seconds: 4, seed: UInt64(index)))
    }
    func train(_ output: String, _ more: String...) throws -> ModelFile {
      let outcome = try workshop.run(
        ["train", "watch.yaml", "--normal", "normal", "--output", output, "--quiet"] + more)
      try #require(outcome.status == 0, "\(outcome.err)")
      return try ModelFile(path: workshop.path + "/" + output)
    }
    let augment = ["--augment", "pitch=1,stretch=0.1,noise=0.005"]
    let plain = try train("plain.safetensors")
    let first = try train("a.safetensors", augment[0], augment[1])
    _ = try train("b.safetensors", augment[0], augment[1])
    let other = try train("c.safetensors", augment[0], augment[1], "--seed", "43")
    let more = try train("d.safetensors", augment[0], augment[1], "--copies", "3")
    #expect(try workshop.data("a.safetensors") == workshop.data("b.safetensors"))
    #expect(first.tensors != other.tensors && first.tensors != plain.tensors)

    let tokens = [plain, first, more].map { $0.training["tokens"]?.integer ?? 0 }
    #expect(abs(tokens[1] - 2 * tokens[0]) <= tokens[0] / 5 && abs(tokens[2] - 4 * tokens[0]) <= tokens[0] / 2)
    #expect(first.training["augmentation"]?["pitch"]?.number == 1)
    #expect(first.training["augmentation"]?["copies"]?.integer == 1)
    #expect(first.training["altered"]?.array?.count == 6 && more.training["altered"]?.array?.count == 18)
    #expect(plain.training["augmentation"] == nil)
    // Held-out sound is not altered.
    #expect(first.machines[0].calibration["scores"] == plain.machines[0].calibration["scores"])
    #expect(first.machines[0].calibration["seconds"] == plain.machines[0].calibration["seconds"])
    // No temporary file is left.
    let left = try FileManager.default.contentsOfDirectory(atPath: NSTemporaryDirectory())
    #expect(!left.contains { $0.hasPrefix("auscult-") && $0.hasSuffix(".wav") })
  }

  @Test func usage() throws {
    let workshop = try CommandFolder()
    try workshop.write("watch.yaml", watchGraph("type: detector.kmeans, model: model.safetensors"))
    let train = ["train", "watch.yaml", "--normal", ".", "--output", "m.safetensors"]
    #expect(try workshop.run(train + ["--augment", "echo=1"]).status == 64)
    #expect(try workshop.run(train + ["--copies", "2"]).err.contains("--copies goes with --augment."))
  }
}

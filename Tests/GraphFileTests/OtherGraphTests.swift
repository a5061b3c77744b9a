import Foundation
import TestSupport
import Testing

/// The graphs that make, pass on or write sound and features.
@Suite struct OtherGraphTests {
  @Test func theSimulatorPlaysAFanThatBeginsToRattle() throws {
    let sound = Machine.failing
    #expect(sound.count == 30 * 48000)
    #expect(sound.allSatisfy { abs($0) < 1 })
    let healthy = rootMeanSquare(sound[(5 * 48000)..<(15 * 48000)])
    #expect(healthy > 0.03 && healthy < 0.3)
    // Impacts give the differences of samples long tails. 3 is the value of a normal distribution.
    let rough = zip(sound.dropFirst(), sound).map(-)
    #expect(kurtosis(rough[(5 * 48000)..<(15 * 48000)]) < 3.15)
    #expect(kurtosis(rough[(26 * 48000)...]) > 3.45)
  }

  @Test func theSimulatorRepeatsItself() throws {
    let again = try GraphFile(name: "simulator.yaml").run(frames: 48000).played[0]
    #expect(again == Array(Machine.failing.prefix(48000)))
  }

  @Test func featuresHasARowForEachAnalysisFrame() throws {
    let seconds = 3
    let run = try GraphFile(name: "features.yaml").run([Array(Machine.failing.prefix(seconds * 48000))])
    let features = try run.array("features.npy")
    // Centred: 1 + floor(samples / hop), at 16 kHz.
    #expect(features.shape == [1 + seconds * 16000 / 512, 128])
    #expect(features.values.allSatisfy { $0.isFinite && $0 >= -100 })
    #expect(Set(features.values).count > 1000)
  }

  @Test func slicesHoldOneSecondEach() throws {
    let seconds = 5
    let run = try GraphFile(name: "slices.yaml").run([Array(Machine.failing.prefix(seconds * 48000))])
    let slices = try run.array("slices.npy")
    // Analysis frames, 31 to a slice, a new slice every 7.
    let frames = 1 + seconds * 16000 / 512
    #expect(slices.shape == [1 + (frames - 31) / 7, 31, 64])
    #expect(slices.values.allSatisfy { (0...1).contains($0) })
    let statistics = try run.array("statistics.npy")
    #expect(statistics.shape == [slices.shape[0], 128])
    #expect(statistics.values.allSatisfy { $0.isFinite })
  }

  @Test func throughPassesOnInTheSameCycle() throws {
    var random = SeededRandom.fresh()
    print("seed \(random.seed)")
    let samples = random.noise(channels: 2, frames: 20_000)
    let run = try GraphFile(name: "through.yaml").run(samples)
    let factor = Float(pow(10, -6.0 / 20))
    #expect(run.played == samples.map { $0.map { $0 * factor } })
  }

  /// Every graph file must be run here, so that it stays correct.
  @Test func everyGraphFileIsRunHere() throws {
    // Those with a model are trained and run by TrainingTests, plant.yaml by scripts/check-readme.
    let run = [
      "baseline.yaml", "corona-mlp.yaml", "corona.yaml", "digits.yaml", "features.yaml", "live-autoencoder.yaml",
      "machine-embedding.yaml", "machine.yaml", "parts/front-end.yaml", "parts/mel-slices.yaml", "parts/sounds.yaml",
      "plant.yaml", "recordings.yaml", "simulator.yaml", "slices-convae.yaml", "slices-lstmae.yaml", "slices.yaml",
      "sounds-knn.yaml", "sounds-logistic.yaml", "through.yaml", "watch-clips.yaml", "watch-kmeans.yaml",
      "watch-level.yaml", "watch-many.yaml", "watch-svm.yaml", "watch.yaml",
    ]
    let files = try FileManager.default.subpathsOfDirectory(atPath: GraphFile.folder).filter { $0.hasSuffix(".yaml") }
    #expect(files.sorted() == run)
    for file in run where !file.hasPrefix("parts/") {
      let text = try String(contentsOfFile: "\(GraphFile.folder)/\(file)", encoding: .utf8)
      #expect(text.contains("\ndescription: "), "\(file) has no description")
    }
  }
}

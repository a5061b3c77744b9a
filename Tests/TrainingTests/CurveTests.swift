import Foundation
import Models
import TestSupport
import Testing
import Training

/// Detectors that learn in epochs: the output, the curve in the model, and early ends.
@Suite struct CurveTests {
  private static let library = BuildFolder.path + "/libtestplugin-detector.so"

  static func descent(_ more: String) -> String {
    watchGraph("type: test.c.descent, library: \(library), model: model.safetensors, \(more)", bands: 16)
  }

  private func recorded(_ more: String) throws -> CommandFolder {
    let workshop = try CommandFolder()
    try workshop.write("watch.yaml", Self.descent(more))
    for index in 0..<5 {
      try workshop.record("normal/n\(index).wav", machineSound(seconds: 6, seed: UInt64(index)))
      try workshop.record(
        "anomalous/a\(index).wav", machineSound(seconds: 6, seed: UInt64(200 + index), whistle: 0.05))
    }
    return workshop
  }

  private let train = ["train", "watch.yaml", "--normal", "normal", "--output", "model.safetensors"]

  @Test func aModelKeepsItsCurve() throws {
    let workshop = try recorded("epochs: 30, rate: 0.2")
    let plain = try workshop.run(train)
    try #require(plain.status == 0, "\(plain.err)")
    #expect(plain.out.contains("30 epochs, the best was "))
    #expect(plain.out.contains("epoch"))
    let first = try workshop.data("model.safetensors")
    let outcome = try workshop.run(train + ["--json"])
    try #require(outcome.status == 0, "\(outcome.err)")
    #expect(try workshop.data("model.safetensors") == first)
    let training = try #require(try json(outcome.out)["training"] as? [String: Any])
    let curve = try #require((training["curves"] as? [[String: Any]])?.first)
    let losses = try #require(curve["loss"] as? [Double])
    #expect(curve["epochs"] as? [Int] == Array(1...30))
    #expect(losses.count == 30 && zip(losses, losses.dropFirst()).allSatisfy { $1 <= $0 })
    #expect((curve["validation_loss"] as? [Double])?.count == 30)
    #expect(curve["accuracy"] == nil && curve["ended_early"] == nil)

    let model = try ModelFile(path: workshop.path + "/model.safetensors")
    let kept = try #require(LearningCurve.of(model.training).first)
    #expect(zip(kept[.loss], losses).allSatisfy { abs(($0 ?? .nan) - $1) < 1e-9 * $1 })
    #expect(kept.series == [.loss, .validationLoss])
    #expect(kept.best?.number == curve["best"] as? Int)
    let info = try workshop.auscult("info", "model.safetensors")
    #expect(info.status == 0 && info.out.contains("30 epochs, the best was "), "\(info.err)")
    let facts = try json(try workshop.auscult("info", "model.safetensors", "--json").out)
    #expect(((facts["models"] as? [[String: Any]])?.first?["class"] as? String) == "test.c.descent")
  }

  @Test func aReportDrawsTheCurveAndReconstructions() throws {
    let workshop = try recorded("epochs: 30, rate: 0.2")
    try #require(workshop.run(train + ["--held-out", "0.4"]).status == 0)
    let outcome = try workshop.auscult(
      "evaluate", "watch.yaml", "--normal", "normal", "--anomalous", "anomalous", "--force", "--report", "report",
      "--quiet")
    try #require(outcome.status == 0, "\(outcome.err)")
    for figure in ["loss", "reconstruction"] {
      #expect(try workshop.text("report/\(figure).svg").contains("<svg"), "\(figure): \(outcome.err)")
      #expect(try workshop.data("report/\(figure).png").prefix(4) == Data([0x89, 0x50, 0x4e, 0x47]))
      #expect(try workshop.text("report/report.html").contains("id=\"\(figure)-"))
    }
    // This class has no accuracy.
    #expect(!workshop.contains("report/accuracy.svg"))
  }

  /// The first Ctrl-C ends learning with the best so far; that is a model like any other.
  @Test func oneSignalKeepsTheBest() throws {
    let workshop = try recorded("epochs: 100000000, rate: 0.001")
    let run = try workshop.start(train)
    try run.waitUntilItLearns()
    run.signal(SIGINT)
    let outcome = try run.end()
    #expect(outcome.status == 0, "\(outcome.err)")
    let line = try #require(outcome.err.firstMatch(of: #/ended early at epoch (\d+) by request/#), "\(outcome.err)")
    let model = try ModelFile(path: workshop.path + "/model.safetensors")
    let curve = try #require(LearningCurve.of(model.training).first)
    #expect(curve.endedEarly == Int(line.1) && curve.epochs.last?.number == Int(line.1))
    #expect(curve.epochs.count <= LearningCurve.most)
    #expect(model.machines[0].threshold != nil && model.machines[0].calibration["rule"] != nil)
    let judged = try workshop.auscult(
      "evaluate", "watch.yaml", "--normal", "normal", "--anomalous", "anomalous", "--force", "--quiet")
    #expect(judged.status == 0, "\(judged.err)")
  }

  /// One or two signals at random moments: a correct model or none, and no files left behind.
  @Test func aCancelledTrainingLeavesAModelOrNone() throws {
    var random = SeededRandom.fresh()
    print("signals to a training: AUSCULT_SEED=\(random.seed)")
    let workshop = try recorded("epochs: 2000, rate: 0.01")
    let begin = Date()
    try #require(workshop.run(train).status == 0)
    let whole = Date().timeIntervalSince(begin)
    let before = try workshop.files.filter { $0 != "model.safetensors" }
    for _ in 0..<12 {
      try? FileManager.default.removeItem(atPath: workshop.path + "/model.safetensors")
      let run = try workshop.start(train)
      for _ in 0..<Int.random(in: 1...2, using: &random) {
        run.wait(seconds: Double.random(in: 0...(0.7 * whole), using: &random))
        run.signal(SIGINT)
      }
      let outcome = try run.end()
      let files = try workshop.files.filter { $0 != "model.safetensors" }
      #expect(files == before, "\(outcome.err)")
      if outcome.status == 0 {
        let model = try ModelFile(path: workshop.path + "/model.safetensors")
        #expect(model.machines.count == 1 && model.machines[0].threshold != nil && !model.tensors.isEmpty)
      } else {
        #expect(!workshop.contains("model.safetensors"), "\(outcome.status): \(outcome.err)")
      }
    }
  }

  /// The second one cancels, at any progress.
  @Test func twoSignalsWriteNothing() throws {
    let workshop = try recorded("epochs: 100000000, rate: 0.001")
    let run = try workshop.start(train)
    try run.waitUntilItLearns()
    run.signal(SIGINT, SIGTERM)
    let outcome = try run.end()
    #expect(outcome.status == 1)
    #expect(outcome.err.contains("interrupted; nothing was written"), "\(outcome.err)")
    #expect(!workshop.contains("model.safetensors"))
  }

  /// On a terminal one line shows the current epoch.
  @Test func epochsAreShownInPlace() throws {
    let workshop = try recorded("epochs: 3, rate: 0.2")
    let outcome = try workshop.start(train).end()
    #expect(outcome.status == 0, "\(outcome.err)")
    let line = #/\r\x1b\[Kepoch 3/3  loss [0-9.]+  validation [0-9.]+  best 3/#
    #expect(outcome.err.contains(line), "\(outcome.err)")
    #expect(outcome.out.contains("3 epochs, the best was 3\n"))
  }

  /// There the whole curve is a line of blocks, with heights by the logarithm of the loss.
  @Test func aCurveIsALineOfBlocks() throws {
    let workshop = try recorded("epochs: 8, rate: 0.5")
    let outcome = try workshop.start(train, showsResults: true).end()
    #expect(outcome.status == 0, "\(outcome.err)")
    let line = try #require(outcome.err.firstMatch(of: #/loss +([0-9.]+) +([▁▂▃▄▅▆▇█]+) ([0-9.]+)/#), "\(outcome.err)")
    #expect(line.2.count == 8 && line.2.first == "█")
    #expect(zip(line.2, line.2.dropFirst()).allSatisfy { $0 >= $1 })
  }

  /// The same for a network: losses, reconstructions, the best so far; a classifier also has accuracies.
  @Test func networksDoTheSame() throws {
    let workshop = try recorded("epochs: 3")
    let judge = "type: detector.autoencoder, layers: 16 4 16, scale: standard, epochs: 6, model: model.safetensors"
    try workshop.write("watch.yaml", watchGraph(judge, bands: 16))
    let outcome = try workshop.run(train + ["--quiet"])
    try #require(outcome.status == 0, "\(outcome.err)")
    let curve = try #require(LearningCurve.of(try ModelFile(path: workshop.path + "/model.safetensors").training).first)
    #expect(curve.epochs.count <= 6 && curve[.loss].first! ?? 0 > curve[.loss].last! ?? 0)
    let judged = try workshop.auscult(
      "evaluate", "watch.yaml", "--normal", "normal", "--anomalous", "anomalous", "--force", "--report", "report",
      "--quiet")
    try #require(judged.status == 0, "\(judged.err)")
    #expect(workshop.contains("report/reconstruction.svg") && workshop.contains("report/loss.svg"), "\(judged.err)")

    try workshop.write(
      "class.yaml", watchGraph("type: classifier.mlp, layers: 8, epochs: 5, model: class.safetensors", bands: 16))
    for index in 0..<5 {
      try workshop.record("kinds/hum/\(index).wav", machineSound(seconds: 3, seed: UInt64(index)))
      try workshop.record(
        "kinds/whistle/\(index).wav", machineSound(seconds: 3, seed: UInt64(50 + index), whistle: 0.05))
    }
    let learned = try workshop.auscult(
      "train", "class.yaml", "--dataset", "kinds", "--output", "class.safetensors", "--quiet")
    try #require(learned.status == 0, "\(learned.err)")
    #expect(learned.out.contains("accuracy"), "\(learned.out)")
    let named = try workshop.auscult(
      "evaluate", "class.yaml", "--dataset", "kinds", "--force", "--report", "report", "--quiet")
    #expect(named.status == 0 && workshop.contains("report/accuracy.svg"), "\(named.err)")
  }
}

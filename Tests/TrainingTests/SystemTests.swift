import Foundation
import TestSupport
import Testing

/// The graphs of the reference systems: each learns a synthesised machine, with less sound and fewer epochs than in
/// use.
@Suite struct SystemTests {
  struct Trial: Sendable, CustomTestStringConvertible {
    var graph: String
    var values: [String] = []
    /// The quiet half of its anomalous recordings.
    var quiet = ["fan.load=20%"]
    var testDescription: String { graph }
  }

  static let detectors = [
    Trial(graph: "live-autoencoder", values: ["mel.bands=32", "judge.epochs=60", "judge.patience=0"]),
    Trial(
      graph: "machine-embedding",
      values: [
        "mel.bands=32", "slices.length=32", "slices.hop=16", "judge.channels=4 8 16", "judge.batch=8",
        "judge.epochs=30", "judge.learning_rate=3e-3", "judge.patience=0",
      ]),
    Trial(graph: "watch-kmeans"), Trial(graph: "watch-svm"),
    // Less load makes the simulated fan quieter, and changes nothing else: a gain, which this graph's judge must
    // ignore. So quiet recordings have the fault, too.
    Trial(graph: "machine", quiet: ["fan.load=20%", "fan.fault=bearing", "fan.severity=80%"]),
    Trial(graph: "slices-convae", values: ["mel.bands=32", "judge.epochs=20"]),
    Trial(graph: "slices-lstmae", values: ["mel.bands=32", "judge.hidden=16", "judge.code=8", "judge.epochs=30"]),
    Trial(graph: "baseline", values: ["mel.bands=32", "judge.epochs=40", "judge.batch=64"]),
  ]

  static let classifiers = [
    Trial(graph: "digits", values: ["slices.hop=16", "judge.epochs=5"]),
    Trial(graph: "sounds-logistic"), Trial(graph: "sounds-knn"),
    Trial(graph: "corona-mlp", values: ["slices.length=0.5s"]), Trial(graph: "corona", values: ["slices.length=0.5s"]),
  ]

  /// Half of the anomalous recordings are louder than normal, half are quieter: a score that only follows the level, as
  /// that of an untrained network, can't separate all of them.
  @Test(arguments: detectors) func machineIsLearned(trial: Trial) throws {
    let workshop = try CommandFolder()
    try record(workshop, "data/train/normal", seconds: 80)
    try setAside(workshop, "data", "normal", from: 13)
    try record(workshop, "data/test/anomalous/loud", seconds: 10, ["fan.fault=bearing", "fan.severity=80%"])
    try record(workshop, "data/test/anomalous/quiet", seconds: 10, trial.quiet)
    let report = try outcome(workshop, trial)
    let auc = try #require((report["pooled"] as? [String: Any])?["auc"] as? Double)
    print("\(trial.graph): AUC \(auc)")
    #expect(auc > 0.9)
    let records = try watch(workshop, trial, "data/test/anomalous/loud/sound.wav")
    #expect(records.contains { $0["kind"] as? String == "score" && $0["anomalous"] as? Bool == true })
  }

  @Test(arguments: classifiers) func machinesAreToldApart(trial: Trial) throws {
    let workshop = try CommandFolder()
    for machine in ["fan", "pump", "motor"] {
      try record(workshop, "data/train/\(machine)", seconds: 30, ["fan.machine=\(machine)"])
      try setAside(workshop, "data", machine, from: 4)
    }
    let report = try outcome(workshop, trial)
    #expect(report["task"] as? String == "classification")
    let accuracy = try #require((report["pooled"] as? [String: Any])?["accuracy"] as? Double)
    print("\(trial.graph): accuracy \(accuracy)")
    #expect(accuracy > 0.9)
    // A vote's records name classes like the detector's.
    let records = try watch(workshop, trial, "data/test/pump/sound.wav")
    #expect(records.count > 5 && records.allSatisfy { $0["probability"] as? Double ?? 0 > 0 })
    #expect(records.count { $0["class"] as? String == "pump" } > records.count * 9 / 10)
    let node = trial.graph.hasPrefix("corona") ? "judge" : "vote"
    #expect(records.allSatisfy { $0["node"] as? String == node })
  }

  /// Records of the graph as it runs: the same at any period.
  private func watch(_ workshop: CommandFolder, _ trial: Trial, _ recording: String) throws -> [[String: Any]] {
    let sets = (trial.values + ["judge.model=model.safetensors"]).flatMap { ["--set", $0] }
    let graph = "\(BuildFolder.package)/graphs/\(trial.graph).yaml"
    func lines(_ period: String) throws -> [String] {
      // A run appends to existing files.
      try? FileManager.default.removeItem(atPath: "\(workshop.path)/\(trial.graph).jsonl")
      let run = try workshop.run(["run", graph, "--input", recording, "--quiet", "--period", period] + sets)
      try #require(run.status == 0, "\(run.err)")
      let text = try workshop.text("\(trial.graph).jsonl").replacing(#/"time":"[^"]*",/#, with: "")
      return text.split(separator: "\n").map(String.init)
    }
    var random = SeededRandom.fresh()
    print("\(trial.graph): periods with AUSCULT_SEED=\(random.seed)")
    let reference = try lines("1024")
    for period in ["64", (0..<20).map { _ in "\(random.period())" }.joined(separator: ",")] {
      #expect(try lines(period) == reference, "periods \(period)")
    }
    return try reference.map { try json($0) }
  }

  /// Recordings of 5 s of the simulated machine.
  private func record(_ workshop: CommandFolder, _ folder: String, seconds: Int, _ values: [String] = []) throws {
    let path = "\(workshop.path)/\(folder)"
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    let sets = (values + ["file.rotate=5s", "file.path=\(path)/sound.wav"]).flatMap { ["--set", $0] }
    let made = try workshop.run(
      [
        "run", "\(BuildFolder.package)/graphs/recordings.yaml", "--offline", "--duration", "\(seconds)s", "--rate",
        "16000", "--quiet",
      ] + sets)
    try #require(made.status == 0, "\(made.err)")
  }

  /// Moves recordings from a number on to the test set. The last one has no number.
  private func setAside(_ workshop: CommandFolder, _ data: String, _ label: String, from first: Int) throws {
    let (source, target) = ("\(workshop.path)/\(data)/train/\(label)", "\(workshop.path)/\(data)/test/\(label)")
    try FileManager.default.createDirectory(atPath: target, withIntermediateDirectories: true)
    for name in try FileManager.default.contentsOfDirectory(atPath: source) {
      let number = name.split(separator: ".").dropFirst().first.flatMap { Int($0) }
      guard number ?? .max >= first else { continue }
      try FileManager.default.moveItem(atPath: "\(source)/\(name)", toPath: "\(target)/\(name)")
    }
  }

  /// Trains and evaluates; returns the output of `evaluate --json`. A network's loss must fall: with standardised
  /// values, even an untrained network separates loud and quiet.
  private func outcome(_ workshop: CommandFolder, _ trial: Trial) throws -> [String: Any] {
    let graph = "\(BuildFolder.package)/graphs/\(trial.graph).yaml"
    let sets = trial.values.flatMap { ["--set", $0] }
    let train = try workshop.run(
      ["train", graph, "--dataset", "data", "--output", "model.safetensors", "--quiet", "--json"] + sets)
    try #require(train.status == 0, "\(train.err)")
    let training = try #require(try json(train.out)["training"] as? [String: Any])
    for curve in training["curves"] as? [[String: Any]] ?? [] {
      let losses = try #require(curve["loss"] as? [Double])
      let (first, last) = (try #require(losses.first), try #require(losses.last))
      #expect(last < 0.85 * first, "\(trial.graph): loss \(first) to \(last)")
    }
    let evaluate = try workshop.run(
      ["evaluate", graph, "--dataset", "data", "--json", "--quiet", "--set", "judge.model=model.safetensors"] + sets)
    try #require(evaluate.status == 0, "\(evaluate.err)")
    return try json(evaluate.out)
  }
}

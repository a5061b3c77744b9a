import Foundation
import TestSupport
import Testing
import TextEscapes
import Training

/// Real recordings are next to the repository, not in it: the AUC must be that of librosa and scikit-learn.
@Suite struct SharedDataTests {
  static let folder = BuildFolder.package + "/../shared/data"
  static let isThere = FileManager.default.fileExists(atPath: folder + "/reference_auc.csv")
  static let isLong = !(ProcessInfo.processInfo.environment["AUSCULT_LONG"] ?? "").isEmpty

  /// task, feature, scaling, detector, slice AUC, file AUC. Whole slices as features take longer: only in long runs.
  static let references: [[String]] = {
    guard let data = FileManager.default.contents(atPath: folder + "/reference_auc.csv") else { return [] }
    return CSVText.rows(data).dropFirst().map(\.fields).filter { $0[1] == "mean" || isLong && $0[1] == "flat" }
  }()

  @Test(.enabled(if: isThere, "needs ../shared/data/reference_auc.csv"), arguments: references)
  func areaIsTheReferences(row: [String]) throws {
    let workshop = try CommandFolder()
    let manifest = CSVText.rows(try #require(FileManager.default.contents(atPath: Self.folder + "/manifest.csv")))
    let places = Dictionary(uniqueKeysWithValues: manifest[0].fields.enumerated().map { ($1, $0) })
    let lines = manifest.dropFirst().map(\.fields).filter { $0[places["task"]!] == row[0] }.map { fields in
      "\(Self.folder)/\(fields[places["file"]!]),\(fields[places["label"]!]),\(fields[places["split"]!])"
    }
    try #require(lines.count > 10)
    try workshop.write("set.csv", "file,label,split\n" + lines.joined(separator: "\n"))
    let detector = [
      "kmeans1": "detector.kmeans", "ocsvm": "detector.ocsvm, nu: 0.1", "maha": "detector.mahalanobis",
    ][row[3]]!
    try workshop.write(
      "graph.yaml",
      """
      graph: reference
      nodes:
        mic: { type: source, machines: [machine] }
        stft: { type: stft, length: 1024, hop: 512, precision: double }
        mel: { type: mel, bands: 128 }
        level: { type: normalize, mode: decibel }
        slices: { type: slicer, length: 1 s, hop: 100 % }
        \(row[1] == "mean" ? "mean: { type: statistics, of: mean }" : "")
        judge: { type: \(detector), scale: \(row[2] == "std" ? "standard" : "none"), model: model.safetensors }
        end: { type: sink.null }
      links: mic -> stft -> mel -> level -> slices -> \(row[1] == "mean" ? "mean ->" : "") judge -> end
      """)
    let train = try workshop.auscult(
      "train", "graph.yaml", "--manifest", "set.csv", "--output", "model.safetensors", "--held-out", "0", "--threshold",
      "0")
    try #require(train.status == 0, "\(train.err)")
    let evaluate = try workshop.auscult("evaluate", "graph.yaml", "--manifest", "set.csv", "--json", "--quiet")
    try #require(evaluate.status == 0, "\(evaluate.err)")
    let report = try json(evaluate.out)
    for (part, expected) in [("pooled", row[4]), ("files", row[5])] {
      let auc = try #require((report[part] as? [String: Any])?["auc"] as? Double)
      #expect(abs(auc - Double(expected)!) < 0.01, "\(row): \(part) \(auc)")
    }
  }
}

/// With a budget of 60 false alarms per hour, half an hour of simulated normal sound that was never trained on gives
/// between 15 and 60.
@Suite struct FalseAlarmTests {
  static let cases: [(String, Int)] = {
    let detectors = ["kmeans", "ocsvm", "gmm"]
    let seeds = SharedDataTests.isLong ? [1, 2, 3, 4, 5] : [1]
    return seeds.flatMap { seed in detectors.map { ($0, seed) } }
  }()

  /// Fifty minutes of one fan: ten to learn from, ten to hold out, thirty to judge.
  private static func sound(_ workshop: CommandFolder, seed: Int) throws {
    try workshop.write(
      "fan.yaml",
      """
      graph: fan
      nodes:
        fan: { type: source.synth, machine: fan, seed: \(seed), load: 70 % }
        speaker: { type: sink.wav, path: fan.wav, append: false }
      links: fan -> speaker
      """)
    let made = try workshop.auscult("run", "fan.yaml", "--offline", "--duration", "50min", "--rate", "16000", "-q")
    try #require(made.status == 0, "\(made.err)")
  }

  @Test(arguments: cases) func theBudgetIsKept(detector: String, seed: Int) throws {
    let workshop = try CommandFolder()
    try Self.sound(workshop, seed: seed)
    try workshop.write(
      "watch.yaml",
      """
      graph: watch
      nodes:
        mic: { type: source, machines: [fan] }
        stft: { type: stft, length: 1024, hop: 512, center: false }
        mel: { type: mel, bands: 64 }
        level: { type: normalize, mode: decibel }
        slices: { type: slicer, length: 0.6 s, hop: 20 % }
        judge: { type: detector.\(detector), model: model.safetensors }
        end: { type: sink.null }
      links: mic -> stft -> mel -> level -> slices -> judge -> end
      """)
    try workshop.cut("fan.wav", at: [300, 600, 900, 1200])
    let train = try workshop.auscult(
      "train", "watch.yaml", "--normal", "train", "--output", "model.safetensors", "--false-alarms-per-hour", "60",
      "--held-out", "50%")
    try #require(train.status == 0, "\(train.err)")
    let evaluate = try workshop.auscult("evaluate", "watch.yaml", "--normal", "rest", "--json")
    try #require(evaluate.status == 0, "\(evaluate.err)")
    let pooled = try #require(try json(evaluate.out)["pooled"] as? [String: Any])
    let hours = try #require(pooled["normal_hours"] as? Double)
    let alarms = try #require(pooled["false_alarms_per_hour"] as? Double) * hours
    print("\(detector), seed \(seed): \(alarms.rounded()) false alarms in \(hours * 60) min")
    #expect(hours > 0.49)
    #expect(alarms > 14.5 && alarms < 60.5)
  }
}

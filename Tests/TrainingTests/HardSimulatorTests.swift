import Foundation
import TestSupport
import Testing

/// `scripts/simulate` with `variation=100%`: methods fail or succeed on it as on real recordings.
///
/// On recordings of brushless motors and of rain, the distance to the centre of the raw decibels reaches an AUC of 0.93
/// and 0.71 (with the plain simulator: 1.00), and with slices less their level 0.95 and 0.76; 69 to 100 % of the
/// variance of normal scores lies between recordings (plain simulator: 14 %).
@Suite struct HardSimulatorTests {
  /// A detector by the slices' raw decibels, by their loudness, or by the rest without it.
  private func graph(_ features: String) -> String {
    let (bands, reference, values) =
      switch features {
      case "loudness": (1, "", "mean")
      case "relative": (64, ", ref: mean", "mean+std")
      default: (64, "", "mean")
      }
    return """
      graph: watch
      nodes:
        mic: { type: source, machines: [fan] }
        stft: { type: stft, length: 1024, hop: 512 }
        mel: { type: mel, bands: \(bands) }
        slices: { type: slicer, length: 1 s, hop: 100 % }
        decibels: { type: normalize, mode: decibel\(reference) }
        values: { type: statistics, of: \(values) }
        judge: { type: detector.kmeans, clusters: 1, scale: standard, model: model.safetensors }
        end: { type: sink.null }
      links: mic -> stft -> mel -> slices -> decibels -> values -> judge -> end
      """
  }

  private func data(_ workshop: CommandFolder, _ folder: String, _ values: String...) throws {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: BuildFolder.package + "/scripts/simulate")
    process.arguments = ["\(workshop.path)/\(folder)", "24"] + values
    process.environment = ProcessInfo.processInfo.environment.merging(["AUSCULT": BuildFolder.path + "/auscult"]) { $1 }
    try process.run()
    process.waitUntilExit()
    try #require(process.terminationStatus == 0)
  }

  /// AUC over slices, and the share of the variance of normal scores that lies between recordings.
  private func figures(_ workshop: CommandFolder, _ features: String, _ data: String) throws -> (
    auc: Double, share: Double
  ) {
    try workshop.write("graph.yaml", graph(features))
    let train = try workshop.auscult(
      "train", "graph.yaml", "--dataset", data, "--output", "model.safetensors", "--quiet", "--threshold",
      "percentile=99")
    try #require(train.status == 0, "\(train.err)")
    let evaluate = try workshop.auscult(
      "evaluate", "graph.yaml", "--dataset", data, "--report", "report-\(features)-\(data)", "--json", "--quiet")
    try #require(evaluate.status == 0, "\(evaluate.err)")
    let auc = try #require((try json(evaluate.out)["pooled"] as? [String: Any])?["auc"] as? Double)
    let scores = try normalScores(workshop.text("report-\(features)-\(data)/scores.csv"))
    let means = scores.map { $0.reduce(0, +) / Double($0.count) }
    let inside = scores.map(variance).reduce(0, +) / Double(scores.count)
    let share = variance(means) / (variance(means) + inside)
    print("\(data), \(features): AUC \(auc), share between recordings \(share)")
    return (auc, share)
  }

  private func variance(_ values: [Double]) -> Double {
    let mean = values.reduce(0, +) / Double(values.count)
    return values.map { ($0 - mean) * ($0 - mean) }.reduce(0, +) / Double(values.count)
  }

  private func normalScores(_ table: String) throws -> [[Double]] {
    let rows = table.split(separator: "\n").map { $0.split(separator: ",", omittingEmptySubsequences: false) }
    let file = try #require(rows[0].firstIndex(of: "file"))
    let score = try #require(rows[0].firstIndex(of: "score"))
    let normal = rows.dropFirst().filter { $0[file].contains("/normal/") }
    return Dictionary(grouping: normal) { $0[file] }.values.map { $0.compactMap { Double($0[score]) } }
  }

  @Test func whatFailsOnRealRecordingsFailsOnIt() throws {
    let workshop = try CommandFolder()
    try data(workshop, "plain", "variation=0%")
    try data(workshop, "hard")
    let plain = try figures(workshop, "raw", "plain")
    let hard = try figures(workshop, "raw", "hard")
    let loudness = try figures(workshop, "loudness", "hard")
    let relative = try figures(workshop, "relative", "hard")
    #expect(plain.auc > 0.98 && plain.share < 0.3)
    #expect(hard.auc < 0.9 && hard.share > 0.7)
    #expect(loudness.auc < 0.75)
    #expect(relative.auc > hard.auc + 0.02 && relative.share < hard.share)
  }

  @Test func faultsAreAsSevereAsOnThePlainOne() throws {
    let workshop = try CommandFolder()
    try data(workshop, "hard")
    try workshop.write(
      "svm.yaml", graph("relative").replacing("detector.kmeans, clusters: 1", with: "detector.ocsvm, nu: 0.1"))
    let train = try workshop.auscult("train", "svm.yaml", "--dataset", "hard", "--output", "model.safetensors", "-q")
    try #require(train.status == 0, "\(train.err)")
    let evaluate = try workshop.auscult("evaluate", "svm.yaml", "--dataset", "hard", "--json", "--quiet")
    let auc = try #require((try json(evaluate.out)["files"] as? [String: Any])?["auc"] as? Double)
    print("SVM by file: \(auc)")
    #expect(auc > 0.93)
  }
}

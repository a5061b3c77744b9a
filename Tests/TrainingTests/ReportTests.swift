import Foundation
import Testing

/// Each figure of a report shows one quantity, and figures agree with each other and with metrics.json.
@Suite struct ReportTests {
  /// Two machines of one kind with different sounds, scores and thresholds; one report of both.
  private func report(_ judge: String = "type: detector.kmeans") throws -> CommandFolder {
    let workshop = try CommandFolder()
    try workshop.write("watch.yaml", watchGraph("\(judge), model: model.safetensors"))
    var rows = ["file,label,machine,split"]
    for (index, machine) in ["quiet", "loud"].enumerated() {
      for take in 0..<6 {
        for whistle in [Float(0), 0.008 * Float(take + 1)] where take >= 3 || whistle == 0 {
          let name = "\(machine)-\(take)-\(whistle > 0 ? "whistles" : "hums").wav"
          let sound = machineSound(seconds: 1.5, seed: UInt64(20 * index + take), whistle: whistle)
          try workshop.record(name, sound.map { index == 0 ? 0.02 * $0 * ($0 > 0 ? 1 : 0.2) : $0 })
          rows.append("\(name),\(whistle > 0 ? "anomalous" : "normal"),\(machine),\(take < 3 ? "train" : "test")")
        }
      }
    }
    try workshop.write("all.csv", rows.joined(separator: "\n"))
    let train = try workshop.auscult(
      "train", "watch.yaml", "--manifest", "all.csv", "--output", "model.safetensors", "--threshold", "percentile=70",
      "--quiet")
    try #require(train.status == 0, "\(train.err)")
    let evaluate = try workshop.auscult(
      "evaluate", "watch.yaml", "--manifest", "all.csv", "--report", "report", "--quiet")
    try #require(evaluate.status == 0 && evaluate.err.isEmpty, "\(evaluate.err)")
    return workshop
  }

  private func rows(_ workshop: CommandFolder, _ name: String) throws -> [[String]] {
    try workshop.text("report/\(name)").split(separator: "\n").dropFirst().map {
      $0.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
    }
  }

  @Test func theOperatingPointLiesOnItsCurve() throws {
    let workshop = try report()
    let metrics = try json(try workshop.text("report/metrics.json"))
    let machines = try #require(metrics["machines"] as? [String: [String: Any]])
    let points = try rows(workshop, "roc.csv")
    let scores = try rows(workshop, "scores.csv")
    for machine in ["quiet", "loud"] {
      let own = points.filter { $0[0] == machine }
      let point = try #require(own.first { $0[4] == "true" })
      #expect(own.contains { $0[4] == "false" && $0[1...2] == point[1...2] }, "\(machine): \(point)")
      let figures = try #require(machines[machine])
      for (column, name) in [(1, "false_positive_rate"), (2, "recall")] {
        let (shown, told) = (try #require(Double(point[column])), try #require(figures[name] as? Double))
        #expect(abs(shown - told) < 1e-12, "\(machine): \(name)")
      }
      #expect(scores.first { $0[1] == machine }.map { $0[6] } == point[3])
    }
    // The machines' thresholds differ: one curve for both would not hold the two points.
    #expect(Set(points.filter { $0[4] == "true" }.map { $0[3] }).count == 2)
  }

  /// The score of k-means is a distance, its explanation uses squares; the logarithms of a mixture may be below 0.
  @Test(arguments: ["detector.kmeans", "detector.gmm, components: 2", "detector.ocsvm, nu: 0.1"])
  func theBandsAddUpToTheScore(judge: String) throws {
    let workshop = try report("type: \(judge)")
    let scores = try rows(workshop, "scores.csv")
    let bands = try rows(workshop, "residual.csv")
    let isShare = scores.contains { (Double($0[5]) ?? 0) < 0 }
    for machine in ["quiet", "loud"] {
      for (column, label) in [(2, "normal"), (3, "anomalous")] {
        let sum = bands.filter { $0[0] == machine }.reduce(0) { $0 + (Double($1[column]) ?? 0) }
        let values = scores.filter { $0[1] == machine && $0[8] == label }.compactMap { Double($0[5]) }
        let whole = isShare ? 100 : values.reduce(0, +) / Double(values.count)
        #expect(abs(sum - whole) < 1e-4 * abs(whole), "\(machine), \(label): \(sum), \(whole)")
      }
    }
  }

  @Test func theBestAndTheWorstStandSideBySide() throws {
    let workshop = try report()
    let picture = try workshop.text("report/score.svg")
    for machine in ["quiet", "loud"] {
      #expect(picture.contains("\(machine), best normal, mean score "))
      #expect(picture.contains("\(machine), worst anomalous, mean score "))
      #expect(picture.contains("\(machine)-5-whistles.wav"))
    }
    for figure in ["waveform", "spectrogram-linear", "spectrogram-log", "spectrogram-mel"] {
      let picture = try workshop.text("report/\(figure).svg")
      #expect(picture.contains("best normal") && picture.contains("worst anomalous"), "\(figure)")
    }
    #expect(try workshop.text("report/histogram.svg").contains("quiet: scores of "))
  }
}

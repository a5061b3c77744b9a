import Foundation
import TestSupport
import Testing

/// From recordings to an alarm, with the commands that a user types.
@Suite struct SessionTests {
  private func recorded(_ graph: String) throws -> CommandFolder {
    let workshop = try CommandFolder()
    try workshop.write("watch.yaml", graph)
    for index in 0..<5 {
      try workshop.record("normal/n\(index).wav", machineSound(seconds: 12, seed: UInt64(index)))
      try workshop.record("test/normal/t\(index).wav", machineSound(seconds: 6, seed: UInt64(100 + index)))
      let whistle = 0.02 + 0.005 * Float(index)
      try workshop.record(
        "test/anomalous/a\(index).wav", machineSound(seconds: 6, seed: UInt64(200 + index), whistle: whistle))
    }
    return workshop
  }

  static let detectors = [
    "type: detector.kmeans, clusters: 2", "type: detector.mahalanobis", "type: detector.ocsvm", "type: detector.knn",
    "type: detector.gmm, components: 2", "type: detector.pca",
    "type: detector.autoencoder, scale: standard, epochs: 30",
    "type: detector.lstmae, scale: standard, hidden: 16, code: 8, learning_rate: 2e-3, batch: 16, epochs: 30",
  ]

  @Test(arguments: detectors) func trainEvaluateRun(detector: String) throws {
    // A Mahalanobis distance needs few values.
    let graph = watchGraph("\(detector), model: model.safetensors", bands: detector.contains("mahal") ? 8 : 32)
    let workshop = try recorded(graph)
    let train = try workshop.auscult(
      "train", "watch.yaml", "--normal", "normal", "--output", "model.safetensors", "--json",
      "--false-alarms-per-hour", "200")
    try #require(train.status == 0, "\(train.err)")
    #expect(train.err == "")
    let machine = try #require((try json(train.out)["machines"] as? [[String: Any]])?.first)
    #expect(machine["name"] as? String == "fan")
    let calibration = try #require(machine["calibration"] as? [String: Any])
    #expect(calibration["rule"] as? String == "false-alarms=200.0")
    #expect((calibration["histogram"] as? [String: Any])?["counts"] != nil)

    // The same seed, the same bits.
    _ = try workshop.auscult(
      "train", "watch.yaml", "--normal", "normal", "--output", "again.safetensors", "--false-alarms-per-hour", "200")
    #expect(try workshop.data("again.safetensors") == workshop.data("model.safetensors"))

    let evaluate = try workshop.auscult("evaluate", "watch.yaml", "--dataset", "test", "--json")
    try #require(evaluate.status == 0, "\(evaluate.err)")
    let pooled = try #require(try json(evaluate.out)["pooled"] as? [String: Any])
    #expect(try #require(pooled["auc"] as? Double) > 0.9, "\(detector)")
    #expect(try #require((pooled["auc_interval"] as? [Double])?.first) > 0.7)

    // A whistle in the middle raises the alarm, and is explained by its band.
    let calm = machineSound(seconds: 8, seed: 77)
    let loud = machineSound(seconds: 4, seed: 78, whistle: 0.05)
    try workshop.record("day.wav", calm + loud)
    try #require(workshop.auscult("run", "watch.yaml", "--input", "day.wav", "--quiet").status == 0)
    let records = try workshop.text("log.jsonl").split(separator: "\n").map { try json(String($0)) }
    let raised = records.filter { $0["kind"] as? String == "alarm" && $0["state"] as? String == "raised" }
    let begins = raised.compactMap { $0["begin"] as? Int }
    // With a budget of 200 an hour one false alarm may come before it.
    #expect(begins.contains { $0 > 7 * 16000 && $0 < 9 * 16000 } && begins.count <= 2, "\(detector): \(begins)")
    let anomalous = records.filter { $0["anomalous"] as? Bool == true }
    let bands = (anomalous.last?["bands"] as? [[String: Any]])?.compactMap { $0["hz"] as? Double } ?? []
    #expect(bands.contains { abs($0 - 3100) < 300 }, "\(detector): \(bands)")
    #expect(anomalous.allSatisfy { ($0["model"] as? String)?.hasPrefix("sha256:") == true })
  }

  @Test func aReportHasAllFigures() throws {
    let workshop = try recorded(watchGraph("type: detector.kmeans, model: model.safetensors"))
    try #require(
      workshop.auscult("train", "watch.yaml", "--normal", "normal", "--output", "model.safetensors").status == 0)
    let outcome = try workshop.auscult(
      "evaluate", "watch.yaml", "--normal", "test/normal", "--anomalous", "test/anomalous", "--report", "report")
    try #require(outcome.status == 0, "\(outcome.err)")
    #expect(!outcome.err.contains("warning"), "\(outcome.err)")
    let figures = [
      "roc", "histogram", "confusion", "score", "residual", "waveform", "spectrogram-linear", "spectrogram-log",
      "spectrogram-mel",
    ]
    let html = try workshop.text("report/report.html")
    for figure in figures {
      #expect(try workshop.data("report/\(figure).png").prefix(4) == Data([0x89, 0x50, 0x4e, 0x47]))
      #expect(try workshop.text("report/\(figure).svg").contains("<svg"))
      #expect(html.contains("id=\"\(figure)-"), "\(figure)")
    }
    // The page loads nothing from elsewhere, and has words for everything.
    let words = try ReportPageCheck.run("\(workshop.path)/report/report.html")
    let recordings = try #require((try json(try workshop.text("report/metrics.json")))["recordings"] as? Int)
    #expect(words == "\(figures.count) pictures, 2 tables, \(recordings) players\n")
    #expect(try workshop.text("report/roc.svg").contains("<title id=\"roc-title\">ROC curve</title>"))
    let metrics = try json(try workshop.text("report/metrics.json"))
    for part in ["pooled", "files"] {
      let figures = try #require(metrics[part] as? [String: Any])
      #expect(figures["auc"] is Double && figures["pauc"] is Double && figures["pauc_raw"] is Double)
    }
    #expect(((metrics["machines"] as? [String: Any])?["fan"] as? [String: Any])?["auc"] is Double)
    let lines = try workshop.text("report/scores.csv").split(separator: "\n")
    #expect(lines.count == 1 + (try #require(metrics["tokens"] as? Int)))
    #expect(lines[0] == "file,machine,begin,end,rate,score,threshold,anomalous,label,found,probability")
  }

  @Test func calibrateSetsThresholdsAnew() throws {
    let workshop = try recorded(watchGraph("type: detector.kmeans, model: model.safetensors"))
    _ = try workshop.auscult(
      "train", "watch.yaml", "--normal", "normal", "--output", "model.safetensors", "--threshold", "percentile=50")
    let before = try workshop.data("model.safetensors")
    let refused = try workshop.auscult("calibrate", "watch.yaml", "--normal", "normal")
    #expect(refused.status == 1)
    #expect(refused.err.contains("(and 4 more): the model was trained on it, so results would look better"))
    #expect(try workshop.data("model.safetensors") == before)
    let outcome = try workshop.auscult(
      "calibrate", "watch.yaml", "--normal", "test/normal", "--threshold", "1234.5", "--json", "--output",
      "b.safetensors")
    try #require(outcome.status == 0, "\(outcome.err)")
    #expect(((try json(outcome.out)["machines"] as? [[String: Any]])?.first?["threshold"] as? Double) == 1234.5)
    #expect(try workshop.data("model.safetensors") == before)
    let run = try workshop.auscult(
      "run", "watch.yaml", "--input", "test/anomalous/a0.wav", "--set", "judge.model=b.safetensors", "--quiet")
    #expect(run.status == 0)
    #expect(try workshop.text("log.jsonl").contains(#""threshold":1234.5"#))
    // Not given: by the model's own rule.
    let again = try workshop.auscult("calibrate", "watch.yaml", "--normal", "test/normal", "--json")
    #expect(again.out.contains("percentile=50"))
  }

  /// A detector in C works with the same commands.
  @Test func aDetectorInCIsTrainedEvaluatedAndExplained() throws {
    let workshop = try recorded(
      watchGraph(
        "type: test.c.distance, library: \(BuildFolder.path)/libtestplugin-detector.so, model: model.safetensors"))
    let train = try workshop.auscult(
      "train", "watch.yaml", "--normal", "normal", "--output", "model.safetensors", "--json")
    try #require(train.status == 0, "\(train.err)")
    let figures = try #require(try json(train.out)["figures"] as? [[String: Any]])
    #expect(figures.contains { $0["name"] as? String == "tokens" && $0["value"] as? Double ?? 0 > 100 })
    let evaluate = try workshop.auscult("evaluate", "watch.yaml", "--dataset", "test", "--json", "--report", "report")
    try #require(evaluate.status == 0, "\(evaluate.err)")
    #expect(try #require((try json(evaluate.out)["pooled"] as? [String: Any])?["auc"] as? Double) > 0.9)
    #expect(workshop.contains("report/residual.svg"))
    let changed = try workshop.auscult("run", "watch.yaml", "--input", "normal/n0.wav", "--set", "mel.bands=16")
    #expect(changed.err.contains("node 'mel' (mel) has 'bands' 16, the model was trained with 32"))
  }
}

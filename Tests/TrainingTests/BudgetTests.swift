import Foundation
import JSONText
import Models
import TestSupport
import Testing
import Training

/// Budgets of false alarms: across recordings, with the graph's own alarm, with a model that was trained on everything.
@Suite struct BudgetTests {
  private static let judge = "type: detector.kmeans, model: model.safetensors"

  /// Recordings whose hum differs in loudness.
  private func recorded(_ graph: String, seconds: Double = 12, spread: Float = 0.1) throws -> CommandFolder {
    let workshop = try CommandFolder()
    try workshop.write("watch.yaml", graph)
    for index in 0..<6 {
      let sound = machineSound(seconds: seconds, seed: UInt64(index)).map { $0 * (1 - spread * Float(index % 5)) }
      try workshop.record("normal/n\(index).wav", sound)
    }
    return workshop
  }

  private func train(_ workshop: CommandFolder, _ more: [String] = []) throws -> (ModelFile, CommandFolder.Outcome) {
    let outcome = try workshop.run(
      ["train", "watch.yaml", "--normal", "normal", "--output", "model.safetensors"] + more)
    try #require(outcome.status == 0, "\(outcome.err)")
    return (try ModelFile(path: workshop.path + "/model.safetensors"), outcome)
  }

  /// The model is also trained on the sound that is held out for the threshold.
  @Test func theModelLearnsFromAll() throws {
    let workshop = try recorded(watchGraph(Self.judge))
    let (all, _) = try train(workshop, ["--threshold", "1"])
    let (fitted, outcome) = try train(workshop, ["--false-alarms-per-hour", "600"])
    #expect(fitted.tensors == all.tensors && fitted.training["tokens"] == all.training["tokens"])
    #expect(fitted.training["folds"]?.integer == 6 && all.training["folds"] == nil)
    #expect(
      outcome.out.contains("cross-fitted 6 times for the threshold, each time without some of the recordings"),
      "\(outcome.out)")
    // Every second of them was judged.
    let calibration = fitted.machines[0].calibration
    #expect(abs(try #require(calibration["seconds"]?.number) - 72) < 2)
    #expect(calibration["groups"]?.text == "6 recordings" && calibration["unit"]?.text == "alarm")
    let interval = (calibration["alarms_per_hour_interval"]?.array ?? []).compactMap(\.number)
    try #require(interval.count == 2)
    let rate = try #require(calibration["alarms_per_hour"]?.number)
    #expect(interval[0] <= rate && rate <= interval[1])
    // Scores of a model that was not trained on the recording are higher than those of one that was.
    let judged = try workshop.auscult(
      "evaluate", "watch.yaml", "--normal", "normal", "--force", "--json", "--quiet", "--report", "report")
    try #require(judged.status == 0, "\(judged.err)")
    let rows = try workshop.text("report/scores.csv").split(separator: "\n").map {
      $0.split(separator: ",", omittingEmptySubsequences: false)
    }
    let place = try #require(rows[0].firstIndex(of: "score"))
    let scores = rows.dropFirst().compactMap { Double($0[place]) }
    #expect(try #require(calibration["mean"]?.number) > scores.reduce(0, +) / Double(scores.count))
  }

  /// The slower the alarm, the lower the threshold that keeps the budget, because its events count.
  @Test func theAlarmsDelaysCount() throws {
    let workshop = try recorded(watchGraph(Self.judge), seconds: 20, spread: 0)
    func threshold(_ more: String...) throws -> (threshold: Double, calibration: JSONValue) {
      let (model, _) = try train(workshop, ["--false-alarms-per-hour", "300"] + more.flatMap { ["--set", $0] })
      return (try #require(model.machines[0].threshold), model.machines[0].calibration)
    }
    let (quick, slow) = (try threshold("alarm.on=0 s"), try threshold("alarm.on=2 s"))
    #expect(slow.threshold < quick.threshold)
    #expect(slow.calibration["unit"]?.text == "alarm" && quick.calibration["unit"]?.text == "alarm")
    // No recording is as long: an alarm is impossible, which means nothing, and is reported.
    let never = try threshold("alarm.on=60 s")
    #expect(never.calibration["unit"]?.text == "stretch" && never.calibration["too_short"]?.boolean == true)
    let info = try workshop.auscult("info", "model.safetensors")
    #expect(
      info.out.contains(
        "false alarms are stretches of scores above the threshold: the recordings are too short for its alarm, across "
          + "6 recordings"), "\(info.out)")
  }

  /// The expected events of the held-out scores are those of a run with that threshold.
  @Test func whatIsCountedIsWhatARunGives() throws {
    let workshop = try recorded(watchGraph(Self.judge))
    try workshop.record("long/day.wav", machineSound(seconds: 60, seed: 90))
    _ = try train(workshop, ["--threshold", "1"])
    let low = try workshop.auscult(
      "calibrate", "watch.yaml", "--normal", "long", "--threshold", "percentile=60", "--json", "--quiet")
    try #require(low.status == 0, "\(low.err)")
    let machine = try #require((try json(low.out)["machines"] as? [[String: Any]])?.first)
    let counted = try #require((machine["calibration"] as? [String: Any])?["alarms"] as? Int)
    try #require(workshop.auscult("run", "watch.yaml", "--input", "long/day.wav", "--quiet").status == 0)
    let raised = try workshop.text("log.jsonl").split(separator: "\n").count { $0.contains(#""state":"raised""#) }
    #expect(counted == raised && raised > 1)
    // `evaluate` counts the same.
    let judged = try workshop.auscult("evaluate", "watch.yaml", "--normal", "long", "--json", "--quiet", "--force")
    let pooled = try #require(try json(judged.out)["pooled"] as? [String: Any])
    #expect(pooled["false_alarms"] as? Int == raised && pooled["true_alarms"] as? Int == 0)
    #expect(pooled["alarm_unit"] as? String == "alarm")
    let hours = try #require(pooled["normal_hours"] as? Double)
    #expect(abs(try #require(pooled["false_alarms_per_hour"] as? Double) * hours - Double(raised)) < 1e-9)
    #expect((pooled["false_alarms_per_hour_interval"] as? [Double])?.count == 2)
  }

  /// Too little sound for the budget: the message names the supported budget and the missing sound; also in `info`.
  @Test func tooLittleSoundIsSaid() throws {
    let workshop = try recorded(watchGraph(Self.judge))
    let text =
      " s of normal sound (6 recordings) support a budget of 160 false alarms an hour or more, not 1: the threshold is high"
    let (model, outcome) = try train(workshop)
    #expect(outcome.err.contains(text), "\(outcome.err)")
    #expect(outcome.err.contains("Record 3 h more"), "\(outcome.err)")
    #expect(try workshop.auscult("info", "model.safetensors").out.contains(text))
    let (loose, quiet) = try train(workshop, ["--false-alarms-per-hour", "160"])
    #expect(!quiet.err.contains("support a budget of"), "\(quiet.err)")
    let thresholds = [loose, model].compactMap { $0.machines[0].threshold }
    #expect(thresholds.count == 2 && thresholds[0] < thresholds[1])
    try workshop.record("week/a.wav", machineSound(seconds: 12, seed: 80))
    let calibrated = try workshop.auscult(
      "calibrate", "watch.yaml", "--normal", "week", "--false-alarms-per-hour", "1", "--output", "c.safetensors")
    #expect(
      calibrated.err.contains("of 1 recording) support a budget of 910 false alarms an hour"), "\(calibrated.err)")
  }

  /// Recordings of one day are held out together, and so are copies of one file.
  @Test func whatBelongsTogetherIsLeftOutTogether() throws {
    let workshop = try recorded(watchGraph(Self.judge))
    let rows = (0..<6).map { "normal/n\($0).wav,normal,\($0 / 2)" }
    try workshop.write("days.csv", "file,label,group\n" + rows.joined(separator: "\n"))
    let outcome = try workshop.auscult(
      "train", "watch.yaml", "--manifest", "days.csv", "--output", "model.safetensors", "--json", "--quiet")
    try #require(outcome.status == 0, "\(outcome.err)")
    #expect((try json(outcome.out)["training"] as? [String: Any])?["folds"] as? Int == 3)
    for index in 3..<6 { try workshop.write("normal/n\(index).wav", try workshop.data("normal/n\(index - 3).wav")) }
    let (model, _) = try train(workshop)
    #expect(model.training["folds"]?.integer == 3)
  }

  /// True and false alarms, and their delay.
  @Test func alarmsAreTrueOrFalse() throws {
    let graph = watchGraph(Self.judge).replacing("on: 0.2 s", with: "on: 1 s")
    let workshop = try recorded(graph, spread: 0)
    _ = try train(workshop, ["--false-alarms-per-hour", "60"])
    let calm = { (seconds: Double, seed: UInt64) in machineSound(seconds: seconds, seed: seed) }
    let whistle = { (seed: UInt64) in machineSound(seconds: 2, seed: seed, whistle: 0.3) }
    try workshop.record("day.wav", calm(4, 20) + whistle(21) + calm(6, 22) + whistle(23) + calm(3, 24))
    try workshop.record("bad.wav", machineSound(seconds: 4, seed: 25, whistle: 0.3))
    // The second whistle is not labelled.
    try workshop.write("day.csv", "file,label,begin,end\nday.wav,anomalous,4,6\nbad.wav,anomalous,,\n")
    let outcome = try workshop.auscult("evaluate", "watch.yaml", "--manifest", "day.csv", "--json", "--quiet")
    try #require(outcome.status == 0, "\(outcome.err)")
    let pooled = try #require(try json(outcome.out)["pooled"] as? [String: Any])
    #expect(pooled["true_alarms"] as? Int == 2 && pooled["false_alarms"] as? Int == 1)
    #expect(pooled["event_recall"] as? Double == 1)
    // The alarm takes 1 s; a slice that touches the whistle exceeds the threshold.
    let delay = try #require(pooled["detection_delay"] as? Double)
    #expect(delay > 0.7 && delay < 1.4)
    #expect(pooled["anomalous_recordings"] as? Int == 1 && pooled["anomalous_recordings_found"] as? Int == 1)
    #expect(try #require(pooled["anomalous_recordings_delay"] as? Double) < 1.4)
  }
}

import Foundation
import JSONText
import Models
import TestSupport
import Testing
import Training

/// Sound that is held out for a threshold: the model that scores it was trained on none of it, and on nothing that
/// shares sound with it.
@Suite struct FoldsTests {
  /// A nearest neighbour recognises its training sound: the score is 0, and small for tokens that share sound with it.
  private static let judge = "type: detector.knn, neighbors: 1, density: none, scale: none, model: model.safetensors"

  private func workshop(_ recordings: [String: Double]) throws -> CommandFolder {
    let workshop = try CommandFolder()
    try workshop.write("watch.yaml", watchGraph(Self.judge, bands: 16))
    for (index, recording) in recordings.sorted(by: { $0.key < $1.key }).enumerated() {
      try workshop.record(
        "normal/\(recording.key).wav", machineSound(seconds: recording.value, seed: UInt64(index + 1)))
    }
    return workshop
  }

  private func train(_ workshop: CommandFolder, _ more: [String]) throws -> ModelFile {
    let outcome = try workshop.run(
      ["train", "watch.yaml", "--output", "model.safetensors", "--threshold", "percentile=90", "--quiet"] + more)
    try #require(outcome.status == 0, "\(outcome.err)")
    return try ModelFile(path: workshop.path + "/model.safetensors")
  }

  private func least(_ model: ModelFile, machine: Int = 0) throws -> Double {
    try #require(model.machines[machine].calibration["histogram"]?["low"]?.number)
  }

  /// The least score of other recordings of the same machine, by a model of all of these.
  private func unheard(_ workshop: CommandFolder) throws -> Double {
    try workshop.record("other/o.wav", machineSound(seconds: 20, seed: 99))
    let outcome = try workshop.auscult(
      "calibrate", "watch.yaml", "--normal", "other", "--threshold", "percentile=90", "--output", "o.safetensors")
    try #require(outcome.status == 0, "\(outcome.err)")
    return try least(try ModelFile(path: workshop.path + "/o.safetensors"))
  }

  /// In a single recording stretches are held out, each a token away from training sound.
  @Test func stretchesKeepTheirDistance() throws {
    let workshop = try workshop(["day": 40])
    let model = try train(workshop, ["--normal", "normal"])
    #expect(model.training["folds"]?.integer == 5 && model.training["time_blocks"] == ["fan"])
    // All of it got scores, none of it as known sound.
    let calibration = model.machines[0].calibration
    #expect(abs(try #require(calibration["seconds"]?.number) - 40) < 0.5)
    #expect(calibration["groups"]?.text == "20 stretches of 1 recording")
    #expect(try least(model) > 0.7 * unheard(workshop))
  }

  /// Altered copies of held-out sound are held out with it, also where they are stretched.
  @Test(arguments: ["noise=0.000001", "stretch=0.05"]) func copiesAreLeftOutWithIt(_ kinds: String) throws {
    let workshop = try workshop(["day": 40])
    let altered = try least(train(workshop, ["--normal", "normal", "--augment", kinds, "--copies", "2"]))
    #expect(try altered > 0.7 * unheard(workshop))
  }

  /// Whole recordings where there are three, one by one up to ten; other cases give a message.
  @Test func recordingsAreLeftOutAsAWhole() throws {
    let workshop = try workshop(["a": 6, "b": 6, "c": 6])
    let model = try train(workshop, ["--normal", "normal"])
    #expect(model.training["folds"]?.integer == 3 && model.training["time_blocks"]?.array == [])
    #expect(try least(model) > 0.7 * unheard(workshop))
    // A copy with another name is not another recording.
    try workshop.write("normal/d.wav", try workshop.data("normal/a.wav"))
    let copied = try train(workshop, ["--normal", "normal"])
    #expect(copied.training["folds"]?.integer == 3)
    #expect(try least(copied) > 0.7 * unheard(workshop))
  }

  /// Each machine is divided by its own recordings.
  @Test func machinesAreDividedEachByItself() throws {
    let workshop = try workshop(["a0": 6, "a1": 6, "a2": 6, "a3": 6, "b": 30])
    let rows = ["a0", "a1", "a2", "a3"].map { "normal/\($0).wav,normal,a" } + ["normal/b.wav,normal,b"]
    try workshop.write("m.csv", "file,label,machine\n" + rows.joined(separator: "\n") + "\n")
    let model = try train(workshop, ["--manifest", "m.csv"])
    #expect(model.training["time_blocks"] == ["b"])
    #expect(
      model.machines.map { $0.calibration["groups"]?.text } == [
        "20 stretches of 4 recordings", "20 stretches of 1 recording",
      ])
    for machine in 0...1 { #expect(try least(model, machine: machine) > 1) }
  }

  /// Days count, not the files that they are cut into: the threshold is higher with few days.
  @Test func daysAreWhatCounts() throws {
    let workshop = try CommandFolder()
    try workshop.write("watch.yaml", watchGraph("type: detector.kmeans, model: model.safetensors"))
    var rows: [String] = []
    for index in 0..<20 {
      // Four files of each of five days, which differ in loudness.
      let sound = machineSound(seconds: 6, seed: UInt64(index)).map { $0 * (1 - 0.1 * Float(index / 4)) }
      try workshop.record("normal/n\(index).wav", sound)
      rows.append("normal/n\(index).wav,normal,day \(index / 4)")
    }
    try workshop.write("days.csv", "file,label,group\n" + rows.joined(separator: "\n") + "\n")
    try workshop.write(
      "files.csv",
      "file,label\n"
        + rows.map { "normal/\($0.split(separator: "/")[1].split(separator: ",")[0]),normal" }.joined(separator: "\n")
        + "\n")
    func calibration(_ manifest: String) throws -> (threshold: Double, facts: JSONValue) {
      let outcome = try workshop.auscult(
        "train", "watch.yaml", "--manifest", manifest, "--output", "model.safetensors", "--quiet",
        "--false-alarms-per-hour", "60")
      try #require(outcome.status == 0, "\(outcome.err)")
      let machine = try ModelFile(path: workshop.path + "/model.safetensors").machines[0]
      return (try #require(machine.threshold), machine.calibration)
    }
    let (days, files) = (try calibration("days.csv"), try calibration("files.csv"))
    #expect(days.facts["groups"]?.text == "5 groups of 20 recordings")
    #expect(files.facts["groups"]?.text == "20 recordings")
    #expect(days.threshold > files.threshold)
  }
}

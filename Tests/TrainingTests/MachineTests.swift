import Foundation
import TestSupport
import Testing

/// Several machines in one model, events in a manifest, labels, and the example graphs.
@Suite struct MachineTests {
  /// A manifest's machines get a model each; a graph of two channels runs with both.
  @Test func severalMachinesInOneFile() throws {
    let workshop = try CommandFolder()
    try workshop.write("one.yaml", watchGraph("type: detector.kmeans, model: model.safetensors"))
    var manifest = "file,label,machine,split\n"
    for index in 0..<4 {
      let quiet = machineSound(seconds: 5, seed: UInt64(index))
      try workshop.record("a\(index).wav", quiet)
      try workshop.record("b\(index).wav", machineSound(seconds: 5, seed: UInt64(50 + index), whistle: 0.2))
      manifest += "a\(index).wav,normal,quiet,\(index < 3 ? "train" : "test")\n"
      manifest += "b\(index).wav,normal,loud,\(index < 3 ? "train" : "test")\n"
    }
    try workshop.record("c.wav", machineSound(seconds: 5, seed: 90, whistle: 0.2))
    manifest += "c.wav,anomalous,quiet,test\n"
    try workshop.write("all.csv", manifest)
    let train = try workshop.auscult(
      "train", "one.yaml", "--manifest", "all.csv", "--output", "model.safetensors", "--json")
    try #require(train.status == 0, "\(train.err)")
    let names = (try json(train.out)["machines"] as? [[String: Any]])?.compactMap { $0["name"] as? String }
    #expect(names == ["loud", "quiet"])

    let evaluate = try workshop.auscult("evaluate", "one.yaml", "--manifest", "all.csv", "--json")
    try #require(evaluate.status == 0, "\(evaluate.err)")
    let machines = try #require(try json(evaluate.out)["machines"] as? [String: [String: Any]])
    #expect(machines["quiet"]?["auc"] as? Double == 1)
    #expect(machines["loud"]?["auc"] == nil)

    // Sound that is normal for one machine is not for the other; each channel has its own model.
    let two = watchGraph("type: detector.kmeans, model: model.safetensors")
      .replacing("type: source, machines: [fan]", with: "type: source, channels: 2, machines: [loud, quiet]")
    try workshop.write("two.yaml", two)
    let plain = machineSound(seconds: 3, seed: 7)
    try workshop.write("stereo.wav", stereo(plain, machineSound(seconds: 3, seed: 8)))
    let run = try workshop.auscult("run", "two.yaml", "--input", "stereo.wav", "--quiet")
    try #require(run.status == 0, "\(run.err)")
    let scores = try workshop.text("log.jsonl").split(separator: "\n").map { try json(String($0)) }
      .filter { $0["kind"] as? String == "score" }
    let flagged = { (name: String) in
      scores.filter { $0["machine"] as? String == name }.map { $0["anomalous"] as? Bool ?? false }
    }
    #expect(flagged("loud").count > 10 && flagged("loud").allSatisfy { $0 })
    #expect(flagged("quiet").count { $0 } <= 1)
  }

  private func stereo(_ left: [Float], _ right: [Float]) -> Data {
    func bytes(_ number: some FixedWidthInteger) -> Data { withUnsafeBytes(of: number.littleEndian) { Data($0) } }
    var data = Data("RIFF".utf8) + bytes(UInt32(36 + 4 * left.count)) + Data("WAVEfmt ".utf8) + bytes(UInt32(16))
    data += bytes(UInt16(1)) + bytes(UInt16(2)) + bytes(UInt32(16000)) + bytes(UInt32(64000)) + bytes(UInt16(4))
    data += bytes(UInt16(16)) + Data("data".utf8) + bytes(UInt32(4 * left.count))
    for (a, b) in zip(left, right) { data += bytes(Int16(a * 32767)) + bytes(Int16(b * 32767)) }
    return data
  }

  @Test func eventsAreFoundAndTimed() throws {
    let workshop = try CommandFolder()
    try workshop.write("watch.yaml", watchGraph("type: detector.kmeans, model: model.safetensors"))
    for index in 0..<4 { try workshop.record("normal/\(index).wav", machineSound(seconds: 8, seed: UInt64(index))) }
    let whistle = { (seed: UInt64) in machineSound(seconds: 2, seed: seed, whistle: 0.2) }
    let calm = { (seconds: Double, seed: UInt64) in machineSound(seconds: seconds, seed: seed) }
    try workshop.record("day.wav", calm(4, 20) + whistle(21) + calm(5, 22) + whistle(23) + calm(3, 24))
    try workshop.write(
      "day.csv",
      "file,label,begin,end\nday.wav,anomalous,4,6\nday.wav,anomalous,11,13\nday.wav,anomalous,14.2,15.5\n")
    try #require(
      workshop.auscult("train", "watch.yaml", "--normal", "normal", "--output", "model.safetensors").status == 0)
    let outcome = try workshop.auscult("evaluate", "watch.yaml", "--manifest", "day.csv", "--json")
    try #require(outcome.status == 0, "\(outcome.err)")
    let pooled = try #require(try json(outcome.out)["pooled"] as? [String: Any])
    // The third machine is not in the model.
    #expect(pooled["events"] as? Int == 3)
    #expect(abs(try #require(pooled["event_recall"] as? Double) - 2.0 / 3) < 1e-9)
    let delay = try #require(pooled["detection_delay"] as? Double)
    #expect(delay > 0 && delay < 0.5)
    #expect(try #require(pooled["false_alarms_per_hour"] as? Double) == 0)
  }

  @Test func labelsAreToldApart() throws {
    let workshop = try CommandFolder()
    try workshop.write("watch.yaml", watchGraph("type: detector.bayes, model: model.safetensors"))
    for index in 0..<6 {
      for (label, level) in [("normal", Float(0)), ("rub", 0.05), ("squeal", 0.4)] {
        try workshop.record(
          "data/\(label)/\(index).wav", machineSound(seconds: 3, seed: UInt64(index), whistle: level))
      }
    }
    let train = try workshop.auscult("train", "watch.yaml", "--dataset", "data", "--output", "model.safetensors")
    try #require(train.status == 0, "\(train.err)")
    let evaluate = try workshop.auscult("evaluate", "watch.yaml", "--dataset", "data", "--json", "--report", "report")
    try #require(evaluate.status == 0, "\(evaluate.err)")
    #expect(evaluate.err.contains("recordings of data that the model was trained on"))
    let report = try json(evaluate.out)
    #expect(report["task"] as? String == "classification")
    let pooled = try #require(report["pooled"] as? [String: Any])
    #expect(try #require(pooled["accuracy"] as? Double) > 0.95)
    #expect(pooled["labels"] as? [String] == ["normal", "rub", "squeal"])
    #expect((report["files"] as? [String: Any])?["accuracy"] as? Double == 1)
    #expect(workshop.contains("report/confusion.png") && !workshop.contains("report/roc.png"))
  }

  /// The example graphs that have a model.
  @Test(arguments: ["watch-kmeans", "watch-svm", "corona"]) func graphFiles(name: String) throws {
    let workshop = try CommandFolder()
    let isClassifier = name == "corona"
    let graph = "\(BuildFolder.package)/graphs/\(name).yaml"
    for index in 0..<4 {
      try workshop.record(
        "data/normal/\(index).wav", machineSound(seconds: 12, seed: UInt64(index), rate: 44100), rate: 44100)
      try workshop.record(
        "data/\(isClassifier ? "corona" : "anomalous")/\(index).wav",
        machineSound(seconds: 12, seed: UInt64(90 + index), whistle: 0.05, rate: 44100), rate: 44100)
    }
    let train = try workshop.auscult(
      "train", graph, "--dataset", "data", "--output", "models/new/m.safetensors", "--test", "30%")
    try #require(train.status == 0, "\(train.err)")
    let model = ["--set", "judge.model=models/new/m.safetensors"]
    let evaluate = try workshop.run(["evaluate", graph, "--dataset", "data", "--json"] + model)
    try #require(evaluate.status == 0, "\(evaluate.err)")
    let pooled = try #require(try json(evaluate.out)["pooled"] as? [String: Any])
    #expect(try #require(pooled[isClassifier ? "accuracy" : "auc"] as? Double) > 0.95)
    try workshop.record("day.wav", machineSound(seconds: 12, seed: 5, whistle: 0.2, rate: 44100), rate: 44100)
    try #require(workshop.run(["run", graph, "--input", "day.wav", "--quiet"] + model).status == 0)
    let records = try workshop.text("\(name).jsonl")
    #expect(records.contains(isClassifier ? #""class":"corona""# : #""state":"raised""#))
  }
}

import Foundation
import Testing
import Training

/// Public datasets in their original form: DCASE task 2, MIMII, ToyADMOS.
@Suite struct ChallengeTests {
  private func describe(_ set: RecordingSet, in workshop: CommandFolder) -> [String] {
    set.recordings.map { recording in
      [
        String(recording.path.dropFirst(workshop.path.count + 1)), recording.machine ?? "-", recording.label,
        recording.part?.rawValue ?? "-", recording.clip?.section ?? "-", recording.clip?.domain?.rawValue ?? "-",
      ].joined(separator: " ")
    }
  }

  private func lay(_ names: [String]) throws -> CommandFolder {
    let workshop = try CommandFolder()
    for (index, name) in names.enumerated() { try workshop.record(name, [0.1, Float(index) / 1000]) }
    return workshop
  }

  @Test func namesOfEveryYear() throws {
    let workshop = try lay([
      "raw/fan/train/section_00_source_train_normal_0000_speed_1.wav",
      "raw/fan/train/section_01_target_train_normal_0002_.wav",
      "raw/fan/test/section_00_source_test_normal_0000_m-n_W.wav",
      "raw/fan/target_test/section_02_target_test_anomaly_0099.wav",
      "raw/pump/test/normal_id_00_00000000.wav", "raw/pump/test/anomaly_id_06_00000001.wav",
      "raw/pump/train/normal_id_00_00000005.wav", "raw/valve/test/id_05_00000000.wav",
      "raw/gearbox/source_test/section_03_source_test_0000.wav", "raw/gearbox/test/section_04_test_0001.wav",
      "raw/slider/test/section_00_0007.wav", "raw/bearing/test/section_00_test_0000.wav",
      "raw/bearing/test_rename/section_00_target_test_anomaly_0000_a.wav",
      "raw/fan/supplemental/section_00_machine_0001_.wav",
    ])
    let set = try RecordingSet.challenge(workshop.path)
    #expect(set.hasParts)
    #expect(
      describe(set, in: workshop) == [
        "raw/bearing/test_rename/section_00_target_test_anomaly_0000_a.wav bearing anomalous test 00 target",
        "raw/fan/target_test/section_02_target_test_anomaly_0099.wav fan anomalous test 02 target",
        "raw/fan/test/section_00_source_test_normal_0000_m-n_W.wav fan normal test 00 source",
        "raw/fan/train/section_00_source_train_normal_0000_speed_1.wav fan normal train 00 source",
        "raw/fan/train/section_01_target_train_normal_0002_.wav fan normal train 01 target",
        "raw/gearbox/source_test/section_03_source_test_0000.wav gearbox  test 03 source",
        "raw/gearbox/test/section_04_test_0001.wav gearbox  test 04 -",
        "raw/pump/test/anomaly_id_06_00000001.wav pump anomalous test 06 -",
        "raw/pump/test/normal_id_00_00000000.wav pump normal test 00 -",
        "raw/pump/train/normal_id_00_00000005.wav pump normal train 00 -",
        "raw/slider/test/section_00_0007.wav slider  test 00 -", "raw/valve/test/id_05_00000000.wav valve  test 05 -",
      ])
    #expect(set.warnings.count == 1 && set.warnings[0].contains("left out 1 file"))
    #expect(set.warnings[0].contains("section_00_machine_0001_.wav"))
  }

  @Test func otherDatasets() throws {
    let mimii = try lay(["-6_dB_fan/fan/id_00/normal/00000000.wav", "pump/id_02/abnormal/00000000.wav"])
    let set = try RecordingSet.challenge(mimii.path)
    #expect(!set.hasParts && set.isDataset)
    #expect(
      describe(set, in: mimii) == [
        "-6_dB_fan/fan/id_00/normal/00000000.wav -6_dB_fan_id_00 normal - 00 -",
        "pump/id_02/abnormal/00000000.wav pump_id_02 anomalous - 02 -",
      ])
    let toys = try lay([
      "ToyCar/case1/NormalSound_IND/1100010001_ToyCar_case1_normal_IND_ch1_0001.wav",
      "ToyCar/case2/AnomalousSound_IND/1201010001_ToyCar_case2_ab01_IND_ch3_0001.wav",
      "ToyCar/case1/NormalSound_CNT/1100110001_ToyCar_case1_normal_CNT_ch1_0001.wav",
    ])
    let toySet = try RecordingSet.challenge(toys.path)
    #expect(
      describe(toySet, in: toys).map { $0.split(separator: "/").last.map(String.init) } == [
        "1100010001_ToyCar_case1_normal_IND_ch1_0001.wav ToyCar_ch1_case1 normal - 01 -",
        "1201010001_ToyCar_case2_ab01_IND_ch3_0001.wav ToyCar_ch3_case2 anomalous - 02 -",
      ])
    #expect(toySet.warnings.count == 1)
  }

  @Test func othersAreRefused() throws {
    let mixed = try lay(["fan/id_00/normal/0.wav", "pump/test/normal_id_00_00000000.wav"])
    #expect { try RecordingSet.challenge(mixed.path) } throws: {
      "\($0)".contains("has names of several datasets: ") && "\($0)".contains("(MIMII)")
    }
    let own = try lay(["normal/0.wav"])
    #expect { try RecordingSet.challenge(own.path) } throws: {
      "\($0)".contains("no name is one of DCASE's") && "\($0)".contains("--dataset")
    }
  }

  // MARK: Figures

  /// Two machine types, two sections, both domains; loud faults, and almost inaudible ones.
  private func dcase() throws -> CommandFolder {
    let workshop = try CommandFolder()
    try workshop.write("watch.yaml", watchGraph("type: detector.kmeans, model: model.safetensors"))
    var seed: UInt64 = 0
    func clip(_ name: String, whistle: Float = 0) throws {
      seed += 1
      try workshop.record("dev/\(name).wav", machineSound(seconds: 1.5, seed: seed, whistle: whistle))
    }
    for type in ["fan", "pump"] {
      for index in 0..<6 {
        try clip("\(type)/train/section_0\(index % 2)_\(index < 4 ? "source" : "target")_train_normal_000\(index)_x")
      }
      for section in 0..<2 {
        for domain in ["source", "target"] {
          for index in 0..<4 {
            try clip("\(type)/test/section_0\(section)_\(domain)_test_normal_000\(index)_x")
            let whistle = Float(index) * (type == "fan" ? 0.003 : 0.02)
            try clip("\(type)/test/section_0\(section)_\(domain)_test_anomaly_000\(index)_x", whistle: whistle)
          }
        }
      }
    }
    try #require(
      workshop.auscult("train", "watch.yaml", "--dcase", "dev", "--output", "model.safetensors", "--quiet").status == 0)
    return workshop
  }

  private struct Line {
    var name: String
    var number: Double
  }

  private func lines(_ workshop: CommandFolder, _ name: String) throws -> [Line] {
    try workshop.text(name).split(separator: "\n").map { line in
      let fields = line.split(separator: ",")
      try #require(fields.count == 2)
      return Line(name: String(fields[0]), number: try #require(Double(fields[1])))
    }
  }

  /// The probability that an anomalous clip scores higher, by its definition.
  private func auc(_ normal: [Double], _ anomalous: [Double]) -> Double {
    let wins = normal.reduce(0.0) { sum, one in
      sum + anomalous.reduce(0) { $0 + ($1 > one ? 1 : $1 == one ? 0.5 : 0) }
    }
    return wins / Double(normal.count * anomalous.count)
  }

  @Test func figuresAreTheChallenges() throws {
    let workshop = try dcase()
    let run = try workshop.auscult("evaluate", "watch.yaml", "--dcase", "dev", "--scores", "scores", "--json")
    try #require(run.status == 0, "\(run.err)")
    let challenge = try #require(try json(run.out)["challenge"] as? [String: Any])
    let machines = try #require(challenge["machines"] as? [String: [String: Any]])
    #expect(Set(machines.keys) == ["fan", "pump"])
    var parts: [Double] = []
    var sources: [Double] = []
    for (type, machine) in machines {
      let sections = try #require(machine["sections"] as? [String: [String: Any]])
      #expect(Set(sections.keys) == ["00", "01"])
      for (section, figures) in sections {
        let clips = try lines(workshop, "scores/anomaly_score_\(type)_section_\(section)_test.csv")
        #expect(clips.map(\.name) == clips.map(\.name).sorted() && clips.count == 16)
        #expect(figures["clips"] as? Int == 16)
        let normal = clips.filter { $0.name.contains("normal") }
        let anomalous = clips.filter { $0.name.contains("anomaly") }.map(\.number)
        let found = { (name: String) throws -> Double in try #require(figures[name] as? Double) }
        #expect(abs(try found("auc") - auc(normal.map(\.number), anomalous)) < 1e-12)
        for domain in ["source", "target"] {
          let own = normal.filter { $0.name.contains(domain) }.map(\.number)
          #expect(abs(try found("auc_\(domain)") - auc(own, anomalous)) < 1e-12)
          parts.append(try found("auc_\(domain)"))
        }
        let ranking = Ranking(clips.map { ($0.number, $0.name.contains("anomaly")) })
        #expect(abs(try found("pauc") - (try #require(ranking.partialAUC()))) < 1e-12)
        parts.append(try found("pauc"))
        sources.append(try found("auc_source"))
        let decisions = try lines(workshop, "scores/decision_result_\(type)_section_\(section)_test.csv")
        #expect(decisions.map(\.name) == clips.map(\.name) && decisions.allSatisfy { [0, 1].contains($0.number) })
        #expect(
          Set(zip(clips, decisions).filter { $1.number == 1 }.map(\.0.number)).isDisjoint(
            with: zip(clips, decisions).filter { $1.number == 0 }.map(\.0.number)))
      }
    }
    let official = Double(parts.count) / parts.reduce(0) { $0 + 1 / $1 }
    #expect(abs(try #require(challenge["official_score"] as? Double) - official) < 1e-12)
    let mean = try #require(challenge["arithmetic_mean"] as? [String: Any])
    #expect(abs(try #require(mean["auc_source"] as? Double) - sources.reduce(0, +) / 4) < 1e-12)
    // Some clips are hard: the figures can differ from each other.
    #expect(Set(parts).count > 3)
  }

  @Test func theTableShowsSectionsAndMeans() throws {
    let workshop = try dcase()
    let run = try workshop.auscult("evaluate", "watch.yaml", "--dcase", "dev/fan")
    try #require(run.status == 0, "\(run.err)")
    #expect(run.out.contains("AUC (source)  AUC (target)"))
    #expect(run.out.contains(#/fan +00 +16 /#) && run.out.contains(#/fan +harmonic mean /#))
    #expect(run.out.contains("official score 0."))
  }

  /// Without the target domain there is no official score, and the report lists the missing figures.
  @Test func oneDomainIsNoOfficialScore() throws {
    let workshop = try dcase()
    for section in ["00", "01"] {
      for index in 0..<4 {
        let label = index < 2 ? "normal" : "anomaly"
        try workshop.record(
          "one/fan/test/section_\(section)_source_test_\(label)_000\(index).wav",
          machineSound(seconds: 1.5, seed: 70 + UInt64(index), whistle: index < 2 ? 0 : 0.2))
      }
    }
    let run = try workshop.auscult("evaluate", "watch.yaml", "--dcase", "one")
    #expect(run.status == 0 && !run.out.contains(#/official score \d/#))
    #expect(
      run.out.contains(
        "no official score: these figures need both normal and anomalous clips: fan 00: AUC (target), fan 01: AUC (target)"
      ),
      "\(run.out)")
  }

  /// Evaluation data of the challenge: they get scores, but no figures.
  @Test func clipsWithoutLabels() throws {
    let workshop = try dcase()
    for index in 0..<3 {
      try workshop.record(
        "eval/fan/test/section_03_test_000\(index).wav", machineSound(seconds: 1.5, seed: 90 + UInt64(index)))
    }
    let run = try workshop.auscult("evaluate", "watch.yaml", "--dcase", "eval", "--scores", "scores", "--json")
    try #require(run.status == 0, "\(run.err)")
    let report = try json(run.out)
    let pooled = try #require(report["pooled"] as? [String: Any])
    for name in ["auc", "precision", "recall", "f1", "accuracy", "false_positive_rate"] { #expect(pooled[name] == nil) }
    #expect((report["challenge"] as? [String: Any])?["official_score"] == nil)
    #expect(try lines(workshop, "scores/anomaly_score_fan_section_03_test.csv").count == 3)
    #expect(try workshop.auscult("evaluate", "watch.yaml", "--dcase", "eval").out.contains("3 clips have no label"))
  }

  @Test func onlyScoreFilesAreReplaced() throws {
    let workshop = try dcase()
    let evaluate = ["evaluate", "watch.yaml", "--dcase", "dev/fan", "--scores", "scores", "--quiet"]
    #expect(try workshop.run(evaluate).status == 0)
    #expect(try workshop.run(evaluate).status == 0)
    try workshop.write("scores/decision_result_fan_section_01_test.csv", "my notes\n")
    let run = try workshop.run(evaluate)
    #expect(
      run.status == 1
        && run.err.contains("decision_result_fan_section_01_test.csv: exists and does not belong to a report"))
    #expect(try workshop.text("scores/decision_result_fan_section_01_test.csv") == "my notes\n")
    #expect(try workshop.auscult("evaluate", "watch.yaml", "--normal", "dev", "--scores", "x").status == 64)
  }

  /// MIMII has no parts: some normal clips are set aside, and all abnormal ones.
  @Test func mimiiIsLearnedFromAndJudged() throws {
    let workshop = try CommandFolder()
    try workshop.write("watch.yaml", watchGraph("type: detector.kmeans, model: model.safetensors"))
    for id in ["id_00", "id_02"] {
      for index in 0..<8 {
        let name = "0_dB_fan/fan/\(id)/%@/0000000\(index).wav"
        let seed = UInt64(index) + (id == "id_00" ? 0 : 100)
        try workshop.record(
          String(format: name, "normal"), machineSound(seconds: 1.5, seed: seed))
        try workshop.record(
          String(format: name, "abnormal"), machineSound(seconds: 1.5, seed: 50 + seed, whistle: 0.1))
      }
    }
    let train = try workshop.auscult(
      "train", "watch.yaml", "--mimii", "0_dB_fan", "--test", "25%", "--output", "model.safetensors", "--json")
    try #require(train.status == 0, "\(train.err)")
    let names = (try json(train.out)["machines"] as? [[String: Any]])?.compactMap { $0["name"] as? String }
    #expect(names == ["0_dB_fan_id_00", "0_dB_fan_id_02"])
    let run = try workshop.auscult("evaluate", "watch.yaml", "--mimii", "0_dB_fan", "--json")
    try #require(run.status == 0, "\(run.err)")
    let report = try json(run.out)
    let machines = try #require(report["machines"] as? [String: [String: Any]])
    #expect(((machines["0_dB_fan_id_00"]?["files"] as? [String: Any])?["auc"] as? Double ?? 0) > 0.9)
    let challenge = try #require(report["challenge"] as? [String: Any])
    let fan = try #require((challenge["machines"] as? [String: [String: Any]])?["0_dB_fan"])
    let sections = try #require(fan["sections"] as? [String: [String: Any]])
    #expect(sections["02"]?["clips"] as? Int == 10)
    #expect(sections["00"]?["auc_source"] == nil)
  }

  /// Nothing was flagged, nothing was anomalous: undefined figures are not 0.
  @Test func undefinedFiguresAreAbsent() throws {
    let workshop = try CommandFolder()
    try workshop.write("watch.yaml", watchGraph("type: detector.kmeans, model: model.safetensors"))
    for index in 0..<4 { try workshop.record("n/\(index).wav", machineSound(seconds: 1.5, seed: UInt64(index))) }
    try workshop.record("t/0.wav", machineSound(seconds: 1.5, seed: 9))
    try workshop.record("a/0.wav", machineSound(seconds: 1.5, seed: 10, whistle: 0.2))
    try #require(
      workshop.auscult("train", "watch.yaml", "--normal", "n", "--output", "model.safetensors", "--quiet").status == 0)
    let normal = try workshop.auscult("evaluate", "watch.yaml", "--normal", "t", "--json")
    let pooled = try #require(try json(normal.out)["pooled"] as? [String: Any])
    for name in ["auc", "auc_interval", "precision", "recall", "f1", "best_f1"] {
      #expect(pooled[name] == nil, "\(name)")
    }
    #expect(pooled["accuracy"] is Double)
    let unflagged = try workshop.auscult(
      "evaluate", "watch.yaml", "--normal", "t", "--anomalous", "a", "--json", "--set", "judge.threshold=1e9")
    let figures = try #require(try json(unflagged.out)["pooled"] as? [String: Any])
    #expect(figures["precision"] == nil && figures["recall"] as? Double == 0 && figures["f1"] as? Double == 0)
    #expect(!unflagged.out.contains("null") && !normal.out.contains("null"))
  }
}

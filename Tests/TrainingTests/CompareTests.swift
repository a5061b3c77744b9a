import Foundation
import TestSupport
import Testing
import Training

/// `auscult compare`: graphs side by side on the same recordings.
@Suite struct CompareTests {
  private static let encoder = "type: detector.autoencoder, epochs: 2, layers: 8, patience: 0"
  private static let svm = "type: detector.ocsvm"

  /// Ten normal recordings and four anomalous ones; two of these are hard.
  private func workshop(machines: [String] = [""]) throws -> CommandFolder {
    let workshop = try CommandFolder()
    for (number, machine) in machines.enumerated() {
      let folder = machine.isEmpty ? "data" : "data-\(machine)"
      for index in 0..<10 {
        let seed = UInt64(100 * number + index)
        try workshop.record("\(folder)/normal/\(index).wav", machineSound(seconds: 1.5, seed: seed))
      }
      for index in 0..<4 {
        try workshop.record(
          "\(folder)/anomalous/\(index).wav",
          machineSound(seconds: 1.5, seed: UInt64(100 * number + 50 + index), whistle: index < 2 ? 0.004 : 0.1))
      }
    }
    try workshop.write("a.yaml", watchGraph(Self.encoder))
    try workshop.write("b.yaml", watchGraph(Self.svm))
    return workshop
  }

  private func graphs(_ text: String) throws -> [[String: Any]] {
    try #require(try json(text)["graphs"] as? [[String: Any]])
  }

  private func results(_ workshop: CommandFolder, _ folder: String = "compare-results") throws -> [String: Date] {
    let names = try FileManager.default.contentsOfDirectory(atPath: "\(workshop.path)/\(folder)")
    return Dictionary(
      uniqueKeysWithValues: try names.map { name in
        let attributes = try FileManager.default.attributesOfItem(atPath: "\(workshop.path)/\(folder)/\(name)")
        return (name, try #require(attributes[.modificationDate] as? Date))
      })
  }

  @Test func figuresAreThoseOfTheScores() throws {
    let workshop = try workshop()
    let run = try workshop.auscult(
      "compare", "a.yaml", "b.yaml", "--dataset", "data", "--seeds", "2", "--report", "report", "--json", "--quiet")
    try #require(run.status == 0, "\(run.err)")
    #expect(try workshop.text("report/comparison.json") == run.out)
    let graphs = try graphs(run.out)
    #expect(graphs.map { $0["file"] as? String } == ["a.yaml", "b.yaml"])
    #expect(graphs[0]["front_end"] as? [String] == ["stft", "mel", "normalize", "slicer"])
    // The support vector machine uses no random numbers: it is trained once.
    #expect(graphs.map { ($0["by_seed"] as? [Any])?.count } == [2, 1])
    #expect(try results(workshop, "report/results").count == 3)

    // graph,seed,file,machine,label,score,...
    let rows = try workshop.text("report/scores.csv").split(separator: "\n").dropFirst().map {
      $0.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
    }
    #expect(Set(rows.filter { $0[4] == "anomalous" }.map { $0[2] }).count == 4)
    #expect(Set(rows.filter { $0[4] == "normal" }.map { $0[2] }).count == 3)
    var means: [String: Double] = [:]
    for (graph, seeds) in [("a.yaml", ["42", "43"]), ("b.yaml", ["42"])] {
      let rankings = seeds.map { seed in
        Ranking(rows.filter { $0[0] == graph && $0[1] == seed }.map { (Double($0[5])!, $0[4] == "anomalous") })
      }
      means[graph] = rankings.compactMap(\.auc).reduce(0, +) / Double(seeds.count)
      let row = try #require(graphs.first { $0["file"] as? String == graph })
      #expect(abs(try #require(row["auc"] as? Double) - means[graph]!) < 1e-12)
      let pauc = rankings.compactMap { $0.partialAUC() }.reduce(0, +) / Double(seeds.count)
      #expect(abs(try #require(row["pauc"] as? Double) - pauc) < 1e-12)
      let interval = try #require(row["auc_interval"] as? [Double])
      #expect(interval[0] <= means[graph]! && means[graph]! <= interval[1])
    }
    let reference = try #require(try json(run.out)["reference"] as? String)
    #expect(means[reference] == means.values.max())
    let other = try #require(graphs.first { $0["file"] as? String != reference })
    let difference = try #require(other["difference"] as? Double)
    #expect(abs(difference - (means[other["file"] as! String]! - means[reference]!)) < 1e-12)
    #expect(other["common_recordings"] as? Int == 7 && (other["difference_interval"] as? [Double])?.count == 2)

    // The table, the CSV and the page agree.
    let table = try workshop.auscult(
      "compare", "a.yaml", "b.yaml", "--dataset", "data", "--seeds", "2", "--results", "report/results")
    let csv = try workshop.auscult(
      "compare", "a.yaml", "b.yaml", "--dataset", "data", "--seeds", "2", "--results", "report/results", "--csv")
    #expect(try workshop.text("report/comparison.csv") == csv.out)
    let page = try workshop.text("report/report.html")
    #expect(page.contains("<svg") && page.contains("<title>Comparison of 2 graphs</title>"))
    let words = try ReportPageCheck.run("\(workshop.path)/report/report.html")
    #expect(words.hasPrefix("1 pictures, ") && words.hasSuffix(" 7 players\n"), "\(words)")
    let lines = csv.out.split(separator: "\n").dropFirst().filter { $0.contains(",mean,mean,") }
    #expect(lines.count == 2, "\(csv.out)")
    for line in lines {
      let cells = line.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
      #expect(Double(cells[7]) == means[cells[0]])
      let digits = String(format: "%.2f", means[cells[0]]!)
      let shown = try #require(table.out.split(separator: "\n").first { $0.hasPrefix("\(cells[0]) ") })
      #expect(shown.contains(" \(digits)"), "\(shown)")
      #expect(page.contains("<th scope=\"row\">\(cells[0])</th>") && page.contains("<td>\(digits)"))
    }
  }

  @Test func nothingIsComputedTwice() throws {
    let workshop = try workshop()
    let command = ["compare", "a.yaml", "b.yaml", "--dataset", "data", "--seeds", "2", "--json"]
    let first = try workshop.run(command)
    try #require(first.status == 0, "\(first.err)")
    let before = try results(workshop)
    #expect(before.count == 3)
    let again = try workshop.run(command)
    // Even the times are those of the first run.
    #expect(again.out == first.out)
    #expect(try results(workshop) == before)

    // A comment changes nothing; a parameter changes only its graph.
    try workshop.write("a.yaml", "# hello\n" + watchGraph(Self.encoder))
    #expect(try workshop.run(command).out == first.out)
    try workshop.write("b.yaml", watchGraph("\(Self.svm), nu: 0.2"))
    #expect(try workshop.run(command).status == 0)
    var after = try results(workshop)
    #expect(after.filter { before[$0.key] == nil }.keys.allSatisfy { $0.hasPrefix("b-42-") } && after.count == 4)
    // A changed recording affects all graphs.
    try workshop.record("data/normal/0.wav", machineSound(seconds: 1.5, seed: 77))
    #expect(try workshop.run(command).status == 0)
    after = try results(workshop)
    #expect(after.count == 7 && before.allSatisfy { after[$0.key] == $0.value })

    // A damaged result is computed again, and is the same.
    let name = try #require(before.keys.first { $0.hasPrefix("a-") })
    let whole = try workshop.text("compare-results/\(name)")
    try workshop.record("data/normal/0.wav", machineSound(seconds: 1.5, seed: 0))
    try workshop.write("b.yaml", watchGraph(Self.svm))
    for damage in ["", String(whole.prefix(whole.count / 2)), whole.replacing("\"score\":", with: "\"sc\":"), "[]\n"] {
      try workshop.write("compare-results/\(name)", damage)
      let repaired = try graphs(try workshop.run(command).out)
      for (one, other) in zip(repaired, try graphs(first.out)) {
        for figure in ["auc", "pauc", "flagged_normal", "difference"] {
          #expect(one[figure] as? Double == other[figure] as? Double)
        }
      }
    }
  }

  @Test func aFailingGraphIsARow() throws {
    let workshop = try workshop()
    try workshop.write("c.yaml", watchGraph("type: detector.knn, neighbors: 64").replacing("0.25 s", with: "1 s"))
    try workshop.write("d.yaml", "graph: d\nnodes: { mic: { type: sauce } }\n")
    let run = try workshop.auscult("compare", "c.yaml", "b.yaml", "d.yaml", "--dataset", "data", "--csv")
    #expect(run.status == 1)
    #expect(run.err.contains("error: 2 of 3 graphs failed"))
    #expect(run.err.contains("c.yaml: ") && run.err.contains("record more"))
    #expect(run.err.contains("d.yaml: d.yaml:2:"))
    let lines = run.out.split(separator: "\n")
    #expect(lines.count == 5)
    #expect(lines[1].hasPrefix("c.yaml,watch,judge,detector.knn,") && lines[1].contains("record more"))
    #expect(lines[2].contains(#/^b.yaml,.*,mean,mean,(0\.|1\.)\d/#))
    let object = try json(
      try workshop.auscult("compare", "c.yaml", "b.yaml", "d.yaml", "--dataset", "data", "--json", "--quiet").out)
    let graphs = try #require(object["graphs"] as? [[String: Any]])
    #expect(graphs[0]["error"] is String && graphs[0]["auc"] == nil && graphs[1]["auc"] is Double)
    #expect(object["reference"] as? String == "b.yaml")
  }

  /// Finished results stay, and the same command continues from there.
  @Test func ctrlCKeepsWhatIsFinished() throws {
    let workshop = try workshop()
    try workshop.write(
      "slow.yaml", watchGraph("type: detector.autoencoder, epochs: 100000, patience: 0, layers: 64"))
    let run = try workshop.start(["compare", "b.yaml", "slow.yaml", "--dataset", "data"])
    let deadline = Date(timeIntervalSinceNow: 120)
    let folder = "\(workshop.path)/compare-results"
    let finished = { () -> [String] in
      ((try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []).filter { $0.hasSuffix(".json") }
    }
    while finished().isEmpty {
      try #require(Date() < deadline)
      run.wait(seconds: 0.05)
    }
    // Ctrl-C during the first training cancels it: half a training is no result.
    run.wait(seconds: 1)
    run.signal(SIGINT)
    let outcome = try run.end()
    #expect(outcome.status == 1)
    #expect(outcome.err.contains("interrupted; 1 of 2 trainings are done and kept in compare-results"))
    #expect(outcome.out == "")
    let before = try results(workshop)
    #expect(before.count == 1)
    try workshop.write("slow.yaml", watchGraph(Self.encoder))
    #expect(try workshop.auscult("compare", "b.yaml", "slow.yaml", "--dataset", "data").status == 0)
    let after = try results(workshop)
    #expect(after.count == 2 && before.allSatisfy { after[$0.key] == $0.value })
  }

  @Test func machinesOfAManifestInTheFolder() throws {
    let workshop = try workshop(machines: ["fan", "pump"])
    var manifest = "file,label,machine,split\n"
    for machine in ["fan", "pump"] {
      for index in 0..<10 {
        manifest += "../data-\(machine)/normal/\(index).wav,normal,\(machine),\(index < 6 ? "train" : "test")\n"
      }
      for index in 0..<4 { manifest += "../data-\(machine)/anomalous/\(index).wav,anomaly,\(machine),test\n" }
    }
    try workshop.write("all/manifest.csv", manifest)
    let run = try workshop.auscult("compare", "b.yaml", "--dataset", "all", "--json")
    try #require(run.status == 0, "\(run.err)")
    let graph = try #require(try graphs(run.out).first)
    let machines = try #require(graph["machines"] as? [String: [String: Any]])
    #expect(Set(machines.keys) == ["fan", "pump"])
    let areas = machines.values.compactMap { $0["auc"] as? Double }
    #expect(abs(try #require(graph["auc"] as? Double) - areas.reduce(0, +) / 2) < 1e-12)
    #expect(graph["judged_recordings"] as? Int == 16)
    #expect(try workshop.auscult("compare", "b.yaml", "--dataset", "all").out.contains("AUC by machine\n"))
    // The same folder for the other commands.
    let train = try workshop.auscult("train", "b.yaml", "--dataset", "all", "--output", "m.safetensors", "--json")
    #expect(train.status == 0 && train.out.contains(#""name":"pump""#), "\(train.err)")
  }

  @Test func aPublicDatasetIsFoundOut() throws {
    let workshop = try CommandFolder()
    try workshop.write("b.yaml", watchGraph(Self.svm))
    for index in 0..<8 {
      let normal = "dev/fan/\(index < 5 ? "train" : "test")/normal_id_00_0000000\(index).wav"
      try workshop.record(normal, machineSound(seconds: 1.5, seed: UInt64(index)))
      guard index < 3 else { continue }
      try workshop.record(
        "dev/fan/test/anomaly_id_00_0000000\(index).wav",
        machineSound(seconds: 1.5, seed: UInt64(20 + index), whistle: 0.1))
    }
    let run = try workshop.auscult("compare", "b.yaml", "--dataset", "dev", "--json")
    try #require(run.status == 0, "\(run.err)")
    let graph = try #require(try graphs(run.out).first)
    #expect((graph["machines"] as? [String: Any])?.keys.sorted() == ["fan"])
    #expect(graph["judged_recordings"] as? Int == 6)
  }

  @Test func labelsAreComparedByAccuracy() throws {
    let workshop = try CommandFolder()
    for index in 0..<8 {
      try workshop.record("data/hum/\(index).wav", machineSound(seconds: 1, seed: UInt64(index)))
      try workshop.record("data/whistle/\(index).wav", machineSound(seconds: 1, seed: UInt64(20 + index), whistle: 0.2))
    }
    try workshop.write("bayes.yaml", watchGraph("type: detector.bayes"))
    try workshop.write("b.yaml", watchGraph(Self.svm))
    let run = try workshop.auscult("compare", "bayes.yaml", "b.yaml", "--dataset", "data", "--json", "--test", "50%")
    #expect(run.status == 1)
    let graphs = try graphs(run.out)
    #expect(graphs[0]["accuracy"] as? Double == 1 && graphs[0]["auc"] == nil && graphs[0]["pauc"] == nil)
    #expect(graphs[0]["judged_recordings"] as? Int == 8)
    #expect((graphs[1]["error"] as? String)?.contains("no recording has the label 'normal'") == true)
  }

  @Test func namesAreNeitherMarkupNorFormulasNorCommands() throws {
    let workshop = try workshop()
    let hostile = "=x`touch MARK`'\u{301}<img src=x onerror=alert(1)> \u{1B}[2J.yaml"
    let text = watchGraph(Self.svm).replacing("graph: watch", with: "graph: \"<img src=x>\"")
    try workshop.write(hostile, text)
    try workshop.record("data/anomalous/<img src=x>\u{1B}[2J.wav", machineSound(seconds: 1.5, seed: 9, whistle: 0.1))
    let run = try workshop.run(
      ["compare", "./\(hostile)", "b.yaml", "--dataset", "data", "--report", "report", "--test", "40%"])
    #expect(run.status == 0, "\(run.err)")
    #expect(!run.err.contains("no figure"), "\(run.err)")
    #expect(!(run.out + run.err).contains("\u{1B}"))
    let page = try workshop.data("report/report.html")
    #expect(page.range(of: Data("<img".utf8)) == nil)
    try ReportPageCheck.run("\(workshop.path)/report/report.html")
    let bare = try workshop.run(["compare", hostile, "--dataset", "data", "--csv", "--test", "40%"])
    #expect(bare.status == 0, "\(bare.err)")
    let lines = bare.out.split(separator: "\n").dropFirst()
    #expect(!lines.isEmpty && lines.allSatisfy { $0.hasPrefix("'=") }, "\(bare.out)")
    let all = FileManager.default.enumerator(atPath: workshop.path)?.compactMap { $0 as? String } ?? []
    #expect(!all.contains { $0.hasSuffix("MARK") }, "a name was run as a command")
    #expect(try results(workshop).keys.allSatisfy { $0.wholeMatch(of: #/[A-Za-z0-9_-]+\.json/#) != nil })
  }

  @Test func onlyItsOwnFilesAreReplaced() throws {
    let workshop = try workshop()
    try workshop.write("report/comparison.csv", "my notes\n")
    let run = try workshop.auscult("compare", "b.yaml", "--dataset", "data", "--report", "report")
    #expect(run.status == 1 && run.err.contains("report/comparison.csv: exists and does not belong to a report"))
    #expect(try workshop.text("report/comparison.csv") == "my notes\n")
    try workshop.write("results", "a file\n")
    let other = try workshop.auscult("compare", "b.yaml", "--dataset", "data", "--results", "results")
    #expect(other.status == 1 && other.err.contains("cannot make the folder"))
    // The graph's own model stays unchanged, and need not exist.
    try workshop.write("m.safetensors", "mine\n")
    try workshop.write("m.yaml", watchGraph("\(Self.svm), model: m.safetensors"))
    #expect(try workshop.auscult("compare", "m.yaml", "--dataset", "data").status == 0)
    #expect(try workshop.text("m.safetensors") == "mine\n")
  }

  @Test func whatCannotBeCompared() throws {
    let workshop = try workshop()
    try workshop.record("n/normal/0.wav", machineSound(seconds: 1.5, seed: 1))
    let run = try workshop.auscult("compare", "b.yaml", "--dataset", "n")
    #expect(run.status == 1 && run.err.contains("n: has no normal recordings to judge"), "\(run.err)")
    for (arguments, message) in [
      (["a.yaml"], "Give the recordings by one of --normal, --dataset, --manifest and --dcase."),
      (["a.yaml", "--normal", "n"], "--normal goes with --anomalous here."),
      (["a.yaml", "--dataset", "n", "--anomalous", "n"], "Give the recordings by one of"),
      (["a.yaml", "a.yaml", "--dataset", "n"], "'a.yaml' is given twice."),
      (["a.yaml", "--dataset", "n", "--seeds", "0"], "--seeds takes a number from 1 to 1000."),
      (["a.yaml", "--dataset", "n", "--reference", "b.yaml"], "--reference 'b.yaml' is not one of the graphs"),
      (["a.yaml", "--dataset", "n", "--json", "--csv"], "--csv and --json exclude each other."),
      (["--dataset", "n"], "Missing expected argument '<graph> ...'"),
    ] {
      let outcome = try workshop.run(["compare"] + arguments)
      #expect(outcome.status == 64 && outcome.err.contains(message), "\(arguments): \(outcome.err)")
      #expect(outcome.out == "")
    }
  }
}

import Foundation
import TestSupport
import Testing
import Training

/// Manifests from common programs.
@Suite struct ManifestTests {
  private static let rows: [[String]] = [
    ["file", "label", "machine", "split"], ["a.wav", "normal", "fan", "train"],
    ["b, c.wav", "anomalous", "fan", "test"], ["dög.wav", "normal", "pump", "validation"],
  ]
  private static let plain: String = text(rows)

  /// Fields that need them go into quotes, for any of the separators.
  private static func text(_ rows: [[String]], _ separator: String = ",", end: String = "\n") -> String {
    rows.map { $0.map { $0.contains { ",; ".contains($0) } ? "\"\($0)\"" : $0 }.joined(separator: separator) + end }
      .joined()
  }

  private func workshop() throws -> CommandFolder {
    let workshop = try CommandFolder()
    for name in ["a.wav", "b, c.wav", "dög.wav"] { try workshop.record(name, machineSound(seconds: 1, seed: 1)) }
    return workshop
  }

  private func read(_ workshop: CommandFolder, _ data: Data) throws -> RecordingSet {
    try workshop.write("m.csv", data)
    return try RecordingSet.manifest(workshop.path + "/m.csv")
  }

  private func problems(_ workshop: CommandFolder, _ text: String) throws -> [String] {
    do {
      _ = try read(workshop, Data(text.utf8))
      return []
    } catch let error as TrainingError {
      return error.problems.map { $0.replacing("\(workshop.path)/", with: "") }
    }
  }

  struct Form: Sendable, CustomTestStringConvertible {
    var testDescription: String
    var data: Data
    init(_ name: String, _ data: Data) { (testDescription, self.data) = (name, data) }
    init(_ name: String, _ text: String) { self.init(name, Data(text.utf8)) }
  }

  static let forms: [Form] = [
    Form("semicolons", text(rows, ";")), Form("tabs", text(rows, "\t")),
    Form("a byte order mark", Data([0xef, 0xbb, 0xbf]) + Data(text(rows, ";").utf8)),
    Form(
      "UTF-16 with a mark, as Excel's Unicode text",
      Data([0xff, 0xfe]) + text(rows, "\t").data(using: .utf16LittleEndian)!),
    Form("UTF-16, big end first", Data([0xfe, 0xff]) + plain.data(using: .utf16BigEndian)!),
    Form("UTF-16 without a mark", plain.data(using: .utf16LittleEndian)!),
    Form("UTF-16 without a mark, big end first", plain.data(using: .utf16BigEndian)!),
    Form("lines of Windows", text(rows, end: "\r\n")), Form("lines of an old Mac", text(rows, end: "\r")),
    Form("a line that announces the separator", "sep=;\r\n" + text(rows, ";", end: "\r\n")),
    Form(
      "columns, labels and splits in any case",
      plain.replacing("file,label", with: "File , LABEL").replacing("normal", with: "Normal")
        .replacing("anomalous", with: "Abnormal").replacing("train", with: "TRAIN").replacing("validation", with: "Val")
    ),
    Form("empty rows and columns", "\n" + text(rows.map { $0 + ["", ""] }) + ",,,,,\n \n,,,,,\n\n"),
    Form("rows longer than the first by empty fields", plain.replacing("train\n", with: "train,,\n")),
    Form("other columns, in another order", text(rows.map { ["x"] + $0.reversed() + ["y, z"] })),
  ]

  @Test(arguments: forms) func everyForm(form: Form) throws {
    let workshop = try workshop()
    let expected = try read(workshop, Data(Self.plain.utf8)).recordings
    let found = try read(workshop, form.data).recordings
    #expect(expected.map(\.label) == ["normal", "anomalous", "normal"])
    func facts(_ recordings: [Recording]) -> [[String?]] {
      recordings.map { [$0.path, $0.label, $0.machine, $0.part?.rawValue] }
    }
    #expect(facts(found) == facts(expected))
  }

  /// Every message has the line of the file, also after empty lines.
  @Test func linesAreCounted() throws {
    let workshop = try workshop()
    #expect(
      try problems(workshop, "sep=;\n\nfile;label\n;;\na.wav;normal\n;normal\n")
        == ["m.csv:6: has no file: the row reads ';normal'"])
  }

  @Test func whatIsMissingIsNamedWithWhatStandsThere() throws {
    let workshop = try workshop()
    func check(_ text: String, _ expected: String...) throws { #expect(try problems(workshop, text) == expected) }
    let rule = "; a manifest has file,label and may have machine,split,begin,end,group"
    try check(
      "File;Lable\n",
      "m.csv:1: has no column 'label': the first line reads 'File;Lable' (rename 'Lable' to 'label'?)\(rule)")
    try check(
      "a.wav,normal\n", "m.csv:1: has no column 'file': the first line reads 'a.wav,normal'\(rule)",
      "m.csv:1: has no column 'label': the first line reads 'a.wav,normal'\(rule)")
    try check(
      "file,label,File\n", "m.csv:1: names the column 'file' more than once ('file', 'File'); keep one")
    try check(
      "file,label,begin\n",
      "m.csv:1: has a column 'begin', and none called 'end': the first line reads 'file,label,begin'; begin and end go "
        + "together")
    try check("file\tlabel\na.wav\t\n", "m.csv:2: has no label: the row reads 'a.wav\\t'")
    try check(
      "file,label\nb, c.wav,normal\n",
      "m.csv:2: has 3 fields, the first line names 2 columns: the row reads 'b, c.wav,normal'; a field that holds a "
        + "separator goes between double quotes")
    try check(
      "file,label,split\na.wav,normal,\na.wav,normal,often\n",
      "m.csv:2: has no split: the row reads 'a.wav,normal,'; give train, validation or test",
      "m.csv:3: split 'often' is none of train, validation, test")
  }

  @Test func events() throws {
    let workshop = try workshop()
    // Rounded numbers, and a decimal comma where another character separates columns.
    let set = try read(
      workshop, Data("file;label;begin;end\na.wav;anomaly;0,25;0,5\na.wav;Anomaly;0.6;1,04\n".utf8))
    #expect(set.recordings.count == 1 && set.recordings[0].label == "normal")
    #expect(
      set.recordings[0].events.map { "\($0.label) \($0.begin) \($0.end)" }
        == ["anomalous 0.25 0.5", "anomalous 0.6 1.0"])
    try workshop.record("long.wav", machineSound(seconds: 8, seed: 1))
    let late = try read(workshop, Data("file,label,begin,end\nlong.wav,anomaly,7,8.3\n".utf8)).warnings
    let words = "m.csv:2: the event ends at 8.3 s, and long.wav is 8 s long: its end is moved to the end of the file"
    #expect(late.map { $0.replacing("\(workshop.path)/", with: "") } == [words])
    let found = try problems(
      workshop,
      "file,label,begin,end\na.wav,anomaly,250,500\na.wav,anomaly,0.5,0.7\na.wav,anomaly,0.5,1.2\na.wav,anomaly,0:01,\n"
        + "a.wav,anomaly,1,1.02\n")
    let end = "; begin and end are seconds from its begin"
    #expect(
      found.map { $0.replacing("\(workshop.path)/", with: "") } == [
        "m.csv:2: the event from 250 to 500 s lies beyond the end of a.wav, which is 1 s long\(end) (as milliseconds, 250 "
          + "and 500 would be 0.25 and 0.5 s)",
        "m.csv:4: the event from 0.5 to 1.2 s lies beyond the end of a.wav, which is 1 s long\(end)",
        "m.csv:5: begin and end are two numbers of seconds, the first below the second; here: begin '0:01', end is missing",
        "m.csv:6: the event from 1 to 1.02 s lies beyond the end of a.wav, which is 1 s long\(end)",
      ])
  }

  /// Labels that differ only in case are one label, spelled as in the model.
  @Test func whatIsNoTableIsTold() throws {
    let workshop = try workshop()
    #expect(
      try problems(workshop, "file,label\n\"a.wav,normal\na.wav,normal\n") == [
        "m.csv:2: has a double quote that none closes; close it, or write two for one that belongs to the field"
      ])
    let wide =
      Data([0xff, 0xfe, 0, 0])
      + Data("file,label\na.wav,normal\n".unicodeScalars.flatMap { [UInt8($0.value), 0, 0, 0] })
    #expect(throws: TrainingError("\(workshop.path)/m.csv:1: is UTF-32 text; save it as UTF-8")) {
      try read(workshop, wide)
    }
    let latin = try read(workshop, Data("file,label,machine\na.wav,normal,L".utf8) + [0xfc] + Data("fter\n".utf8))
      .warnings
    #expect(latin.count == 1 && latin[0].contains("m.csv: is not UTF-8 text; save it as UTF-8"), "\(latin)")
    // Rows with only another separator before the first line.
    #expect(try read(workshop, Data(";;\n;;\nfile,label\na.wav,normal\n".utf8)).recordings.count == 1)
  }

  @Test func labelsOfClassesInAnyCase() throws {
    let workshop = try workshop()
    var set = try read(workshop, Data("file,label\na.wav,Dog\ndög.wav,dog\n".utf8))
    #expect(set.labels == ["Dog"])
    set.unifyLabels(["cat", "DOG"])
    #expect(set.labels == ["DOG"])
    set.unifyLabels(["DOG", "Dog", "dog"])
    #expect(set.labels == ["DOG"])
  }

  // MARK: Commands

  @Test func commandsTakeThem() throws {
    let workshop = try workshop()
    try workshop.write("watch.yaml", watchGraph("type: detector.kmeans, model: model.safetensors"))
    for name in ["n/0.wav", "n/1.wav", "n/2.wav", "x.wav"] {
      try workshop.record(name, machineSound(seconds: 5, seed: 7, whistle: name == "x.wav" ? 0.2 : 0))
    }
    try workshop.write("train.csv", "FILE;LABEL\nn/0.wav;NORMAL\nn/1.wav;normal\n")
    let trained = try workshop.auscult(
      "train", "watch.yaml", "--manifest", "train.csv", "--output", "model.safetensors")
    #expect(trained.status == 0, "\(trained.err)")
    try workshop.write("test.csv", "file\tlabel\tbegin\tend\nn/2.wav\tNormal\t\t\nx.wav\tABNORMAL\t1500\t4000\n")
    let refused = try workshop.auscult("evaluate", "watch.yaml", "--manifest", "test.csv")
    #expect(refused.status == 1 && refused.out == "")
    #expect(
      refused.err.contains("error: test.csv:3: the event from 1500 to 4000 s lies beyond the end"), "\(refused.err)")
    try workshop.write("test.csv", try workshop.text("test.csv").replacing("500\t4000", with: ".5\t4"))
    let judged = try workshop.auscult("evaluate", "watch.yaml", "--manifest", "test.csv", "--json", "--force")
    #expect(judged.status == 0, "\(judged.err)")
  }

  private static func contrary(_ folder: String, _ count: String, _ label: String, _ advice: String) -> String {
    "auscult: warning: \(folder): \(count) as \(label), because --\(label) takes all folders in \(advice)"
  }

  @Test func normalFoldersWithSomethingElseInThem() throws {
    let workshop = try CommandFolder()
    try workshop.write("watch.yaml", watchGraph("type: detector.kmeans, model: model.safetensors"))
    func record(_ names: String...) throws {
      for name in names { try workshop.record(name, machineSound(seconds: 0.6, seed: UInt64(name.utf8.count))) }
    }
    func warnings(_ folder: String) throws -> [String] {
      let outcome = try workshop.auscult(
        "train", "watch.yaml", "--normal", folder, "--threshold", "1", "--output", "model.safetensors", "--force")
      #expect(outcome.status == 0, "\(outcome.err)")
      return outcome.err.split(separator: "\n").map(String.init).filter { $0.contains("count") }
    }
    try record("data/normal/0.wav", "data/normal/12.wav", "data/Abnormal/sub/0.wav", "data/Abnormal/123.wav")
    #expect(
      try warnings("data/") == [
        Self.contrary(
          "data/Abnormal", "its 2 recordings count", "normal",
          "data; if it isn't, write --normal data/normal, or --dataset data for all of it")
      ])
    #expect(try warnings("data/normal") == [])
    #expect(
      try warnings("data/Abnormal") == [
        "auscult: warning: data/Abnormal: its 2 recordings count as normal, and its name says otherwise; if the name is right, "
          + "give another folder"
      ])
    try record("mixed/good/0.wav", "mixed/anomaly-2/1.wav")
    #expect(
      try warnings("mixed") == [
        Self.contrary(
          "mixed/anomaly-2", "its recording counts", "normal", "mixed; if it isn't, move it elsewhere")
      ])
    try record("flat/normal_id_00_0.wav", "flat/anomaly_id_00_0.wav", "flat/anomaly_id_00_01.wav")
    #expect(
      try warnings("flat") == [
        "auscult: warning: flat: 2 recordings count as normal and are named otherwise ('anomaly_id_00_0.wav'); if the names are right, "
          + "move them elsewhere, or write --manifest FILE with a label for each"
      ])
    // The other way around, and below the parts of a dataset.
    try record("d/test/abnormal/0.wav", "d/test/normal/01.wav")
    let judged = try workshop.auscult(
      "evaluate", "watch.yaml", "--anomalous", "d/test", "--normal", "data/normal", "--force")
    #expect(
      judged.err.contains(
        Self.contrary(
          "d/test/normal", "its recording counts", "anomalous",
          "d/test; if it isn't, write --anomalous d/test/abnormal, or --dataset d/test for all of it")), "\(judged.err)"
    )
  }
}

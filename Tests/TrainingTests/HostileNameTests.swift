import Foundation
import Models
import TestSupport
import Testing

/// Names of files, machines, labels and graphs that would be commands, markup or formulas in a report.
@Suite struct HostileNameTests {
  private static let graph = watchGraph("type: detector.bands, learn: 1 s")

  private func evaluated(_ workshop: CommandFolder, _ arguments: [String], graph: String = graph) throws {
    try workshop.write("watch.yaml", graph)
    let outcome = try workshop.run(["evaluate", "watch.yaml", "--report", "report"] + arguments)
    #expect(outcome.status == 0, "\(outcome.err)")
    #expect(!outcome.err.contains("no figure"), "\(outcome.err)")
    let all = FileManager.default.enumerator(atPath: workshop.path)?.compactMap { $0 as? String } ?? []
    #expect(!all.contains { $0.hasSuffix("MARK") }, "a name was run as a command")
    // Links lead to the files, whatever their names.
    let words = try ReportPageCheck.run("\(workshop.path)/report/report.html")
    #expect(!words.contains(" 0 players"), "\(words)")
  }

  /// Each name begins with a quote for gnuplot that is none for Swift, or with another escape from a string.
  @Test(arguments: [
    "a'\u{301}`touch MARK`.wav", "a'\u{200D}; !touch MARK; '.wav", "`touch MARK`.wav",
    "$(touch MARK)\"\u{600}`touch MARK`.wav",
    "a\\'`touch MARK`\n!touch MARK\n.wav", "http:50%25 #1?a&amp;\"onerror='.wav", "@x \u{1B}[2J\u{9B}31m\u{202E}.wav",
  ])
  func aFileNameIsNoCommand(_ name: String) throws {
    let workshop = try CommandFolder()
    try workshop.record("data/normal/n.wav", machineSound(seconds: 3, seed: 1))
    try workshop.record("data/anomalous/\(name)", machineSound(seconds: 3, seed: 2, whistle: 0.5))
    try evaluated(workshop, ["--dataset", "data"])
    let picture = try workshop.text("report/score.svg")
    #expect(picture.contains("Score over time: "))
    #expect(!picture.unicodeScalars.contains { $0.properties.generalCategory == .control && $0 != "\n" && $0 != "\t" })
  }

  /// Labels are next to the table of a classifier's decisions, machines in the legend of the learning curve.
  @Test func aLabelIsNoCommand() throws {
    let workshop = try CommandFolder()
    let (hum, whistle) = ("hum'\u{301}`touch MARK`", "whistle`touch MARK`")
    var manifest = "file,label\n"
    for index in 0..<4 {
      try workshop.record(
        "\(index).wav", machineSound(seconds: 2, seed: UInt64(index), whistle: index % 2 == 0 ? 0 : 0.5))
      manifest += "\(index).wav,\(index % 2 == 0 ? hum : whistle)\n"
    }
    try workshop.write("all.csv", manifest)
    let graph = """
      graph: tell
      nodes:
        mic: { type: source }
        stft: { type: stft, length: 512, hop: 256 }
        mel: { type: mel, bands: 16 }
        level: { type: normalize, mode: decibel }
        slices: { type: slicer, length: 0.25 s }
        judge: { type: classifier.mlp, model: m.safetensors, epochs: 2, layers: 4 }
        log: { type: sink.null }
      links: mic -> stft -> mel -> level -> slices -> judge -> log
      """
    try workshop.write("watch.yaml", graph)
    let outcome = try workshop.auscult(
      "train", "watch.yaml", "--node", "judge", "--manifest", "all.csv", "--output", "m.safetensors")
    #expect(outcome.status == 0, "\(outcome.err)")
    try evaluated(workshop, ["--manifest", "all.csv", "--force"], graph: graph)
    #expect(try workshop.text("report/confusion.svg").contains("`touch MARK`"))
  }

  @Test func namesAreNeitherMarkupNorFormulas() throws {
    let workshop = try CommandFolder()
    try workshop.record("n.wav", machineSound(seconds: 3, seed: 1))
    try workshop.record("b.wav", machineSound(seconds: 3, seed: 2, whistle: 0.5))
    try workshop.write(
      "all.csv",
      "file,label,machine\nn.wav,normal,\"\u{600}<img src=x onerror=alert(1)>\"\nb.wav,anomalous,\"=cmd|'/c calc'!A1\"\n"
    )
    let graph = Self.graph.replacing("graph: watch", with: "graph: \"\u{D4E}<img src=x onerror=alert(1)>\"")
    try evaluated(workshop, ["--manifest", "all.csv"], graph: graph)
    let page = try workshop.data("report/report.html")
    #expect(page.range(of: Data("<img".utf8)) == nil)
    #expect(String(decoding: page, as: UTF8.self).contains("&lt;img"))
    let cells = try workshop.text("report/scores.csv").split(separator: "\n").dropFirst().map {
      $0.split(separator: ",")[1]
    }
    #expect(cells.contains { $0 == "'=cmd|'/c calc'!A1" })
    #expect(cells.allSatisfy { !$0.hasPrefix("=") })
  }

  /// `info --csv` is opened with spreadsheets too; a number stays a number.
  @Test func tablesHaveNoFormulas() throws {
    let workshop = try CommandFolder()
    for name in ["+1+1.wav", "@sum.wav", "-2.wav"] { try workshop.record(name, machineSound(seconds: 0.1, seed: 1)) }
    try workshop.write("m.csv", "file,label\n+1+1.wav,-5\n@sum.wav,\u{FF1D}1\n-2.wav,-1+2\n")
    let outcome = try workshop.auscult("info", "--csv", "--manifest", "m.csv", "--", "+1+1.wav", "@sum.wav", "-2.wav")
    let rows = outcome.out.split(separator: "\n").dropFirst().map {
      $0.split(separator: ",", omittingEmptySubsequences: false)
    }
    #expect(rows.map { $0.first } == ["'+1+1.wav", "'@sum.wav", "'-2.wav"], "\(outcome.err)")
    #expect(rows.map { $0.dropLast(2).last } == ["-5", "'\u{FF1D}1", "'-1+2"])
  }

  // MARK: Terminals

  @Test func aModelsTextsAreShownEscapedAndShortened() throws {
    let workshop = try CommandFolder()
    var model = ModelFile()
    model.className = "detector.bands"
    model.graph = "\u{1B}]0;owned\u{7}\u{9B}2J\u{202E}" + String(repeating: "x", count: 100_000)
    model.machines = [.init(name: "fan\r\nauscult: error: forged", threshold: 1)]
    try model.write("\(workshop.path)/m.safetensors")
    let outcome = try workshop.auscult("info", "m.safetensors")
    #expect(outcome.status == 0)
    #expect(outcome.out.contains(#"graph '\u{1B}]0;owned\u{7}\u{9B}2J\u{202E}xxx"#))
    #expect(outcome.out.contains("characters left out ... xxx") && outcome.out.utf8.count < 2000)
    #expect(outcome.out.contains(#"fan\r\nauscult: error: forged"#))
    let object = try json(try workshop.auscult("info", "m.safetensors", "--json").out)
    let first = try #require((object["models"] as? [[String: Any]])?.first)
    #expect(first["graph"] as? String == model.graph)
  }

  @Test func aNULIsRefused() throws {
    let workshop = try CommandFolder()
    try workshop.record("a.wav", machineSound(seconds: 1, seed: 1))
    try workshop.write("m.csv", "file,label,machine\na.wav,normal,fan\u{0}-03\n")
    let manifest = try workshop.auscult("info", "a.wav", "--manifest", "m.csv")
    #expect(manifest.status == 1)
    #expect(manifest.err == "auscult: error: m.csv:2: has the character NUL (U+0000), which no name can have\n")
    var model = ModelFile()
    model.className = "detector.bands"
    model.machines = [.init(name: "fan\u{0}-03", threshold: 1)]
    try model.write("\(workshop.path)/m.safetensors")
    let outcome = try workshop.auscult("info", "m.safetensors")
    #expect(outcome.status == 1)
    #expect(
      outcome.err.contains("m.safetensors: is not a valid model file: a text of its metadata has the character NUL"))
  }
}

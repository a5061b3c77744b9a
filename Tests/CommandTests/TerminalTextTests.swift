import Foundation
import RunControl
import TestSupport
import Testing

/// Names may contain anything: no control byte reaches a terminal, no name forges a message, and output of libraries
/// does not mix with results.
@Suite struct TerminalTextTests {
  private let folder = ScratchFolder()
  private var auscult: Command { Command(folder) }

  private static let codes = "\u{1B}[2J\u{1B}]0;owned\u{7}\u{9B}31m\u{7F}\u{8}\u{202E}\u{2066}"
  private static let shown = #"\u{1B}[2J\u{1B}]0;owned\u{7}\u{9B}31m\u{7F}\u{8}\u{202E}\u{2066}"#

  private func isHarmless(_ text: String) -> Bool {
    !text.unicodeScalars.contains {
      ($0.properties.generalCategory == .control && $0 != "\n" && $0 != "\t")
        || ($0.properties.generalCategory == .format)
    }
  }

  @Test func namesOfFiles() throws {
    let missing = try auscult("info", "a\(Self.codes).wav")
    #expect(missing.status == 1 && isHarmless(missing.err))
    #expect(missing.err.contains("auscult: error: a\(Self.shown).wav: No such file"))
    try folder.write("b\(Self.codes)\n.wav", wav([1, 2, 3]))
    let there = try auscult("info", "b\(Self.codes)\n.wav")
    #expect(there.status == 0 && isHarmless(there.out))
    #expect(there.out.contains("b\(Self.shown)\\n.wav"))
  }

  @Test func aLineBreakForgesNoMessage() throws {
    let outcome = try auscult("info", "a\nauscult: error: forged\r.wav")
    #expect(!outcome.err.split(separator: "\n").contains { $0.hasPrefix("auscult: error: forged") })
    #expect(outcome.err.contains(#"a\nauscult: error: forged\r.wav"#))
    try folder.write("plain.yaml", plainGraph)
    let run = try auscult("run", "plain.yaml", "--input", "none\nauscult: error: forged")
    #expect(run.status == 1)
    #expect(!run.err.split(separator: "\n").contains { $0.hasPrefix("auscult: error: forged") }, "\(run.err)")
  }

  @Test func argumentsAndOverrides() throws {
    let usage = try auscult("nodes", "--\(Self.codes)")
    #expect(usage.status == 64 && isHarmless(usage.err) && usage.err.contains(#"\u{1B}[2J"#))
    try folder.write("plain.yaml", plainGraph)
    let check = try auscult("check", "plain.yaml", "--set", "louder.gain=\(Self.codes)")
    #expect(check.status == 1 && isHarmless(check.err), "\(check.err)")
    let lines = check.err.split(separator: "\n")
    #expect(lines.count == 3 && lines[1] == "louder.gain=\(Self.shown)")
    // The caret's line is as long as what is shown above it.
    #expect(lines.last?.count == lines[1].count, "\(check.err)")
  }

  @Test func aGraphsTexts() throws {
    let machine = #"{ type: source, machines: ["\e[2J\x9B31m\u202Efan"], connect: "\e]0;x\a" }"#
    try folder.write("plain.yaml", plainGraph.replacing("{ type: source }", with: machine))
    let check = try auscult("check", "plain.yaml")
    #expect(check.status == 0 && isHarmless(check.out + check.err), "\(check.err)")
    let object = try auscult("check", "plain.yaml", "--json")
    #expect(isHarmless(object.out))
    try folder.write("bad.yaml", plainGraph.replacing("type: gain", with: #"type: "\e[2Jgain""#))
    let bad = try auscult("check", "bad.yaml")
    #expect(bad.status == 1 && isHarmless(bad.err) && bad.err.contains(#"'\u{1B}[2Jgain'"#), "\(bad.err)")
  }

  @Test func aNULIsRefusedWhereItStands() throws {
    try folder.write(
      "nul.yaml", plainGraph.replacing("{ type: source }", with: #"{ type: source, machines: ["a\0b"] }"#))
    let outcome = try auscult("check", "nul.yaml")
    #expect(outcome.status == 1)
    #expect(
      outcome.err.hasPrefix("nul.yaml:3:35: error: a text can't have the character NUL (U+0000); remove it\n"),
      "\(outcome.err)")
    let name = try auscult(
      "check", try folder.write("name.yaml", plainGraph.replacing("graph: plain", with: #"graph: "a\0""#)))
    #expect(name.status == 1 && name.err.contains("name.yaml:1:8: error: a text can't have the character NUL"))
  }

  /// Quotes with a mark after them are quotes to Graphviz.
  @Test func picturesOfGraphs() throws {
    try folder.write(
      "plain.yaml", plainGraph.replacing("graph: plain", with: #"graph: "a\"\u0301 { x [label=y] } \\""#))
    let outcome = try auscult("graph", "plain.yaml", "--format", "dot")
    #expect(outcome.out.hasPrefix("digraph \"a\\\"\u{301} { x [label=y] } \\\\\" {\n"), "\(outcome.out) \(outcome.err)")
  }

  // MARK: Libraries

  private static let sounds = BuildFolder.package + "/Tests/Fixtures/sounds"

  /// mpg123, which libsndfile asks whether a file is an MP3, prints a line for each frame that is not.
  @Test(arguments: [["--json"], [], ["--csv"]])
  func aLibraryPrintsNowhere(_ options: [String]) throws {
    let begin = try Data(contentsOf: URL(fileURLWithPath: Self.sounds + "/layer3.mp3")).prefix(400)
    try folder.write("broken.mp3", begin + Data(count: 4000))
    let outcome = try auscult.run(["info", "broken.mp3"] + options)
    #expect(outcome.status == 1)
    let lines = outcome.err.split(separator: "\n")
    #expect(!outcome.err.contains("Illegal Audio-MPEG-Header"))
    #expect(
      lines.count == 2 && lines.allSatisfy { $0.hasPrefix(options == ["--json"] ? "{" : "auscult: ") }, "\(outcome.err)"
    )
  }

  /// Also while it is read, and in a run.
  @Test func aDecoderPrintsNowhere() throws {
    let path = Self.sounds + "/layer3.mp3"
    var sound = [UInt8](try Data(contentsOf: URL(fileURLWithPath: path)))
    for place in sound.count / 2..<sound.count / 2 + 300 { sound[place] = UInt8(truncatingIfNeeded: place &* 37) }
    try folder.write("broken.mp3", Data(sound))
    try folder.write("log.yaml", plainGraph.replacing("sink.null", with: "sink.wav, path: out.wav"))
    let outcome = try auscult("run", "log.yaml", "--input", "broken.mp3", "--json")
    #expect(outcome.status == 0 && folder.contains("out.wav"), "\(outcome.err)")
    for line in outcome.err.split(separator: "\n") {
      #expect(throws: Never.self) { try JSONValue(parsing: Array(line.utf8)) }
    }
    #expect(outcome.out == "")
  }
}

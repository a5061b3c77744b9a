import Database
import Foundation
import JSONText
import TestSupport
import Testing

/// `auscult history`, as typed.
@Suite struct HistoryCommandTests {
  /// Two hours of a pump and a fan with one alarm, imported from lines.
  private func shop(machines: [String] = ["pump-2", "fan-00"]) throws -> Workshop {
    let shop = try Workshop()
    var lines: [String] = []
    for second in stride(from: 0, to: 7200, by: 10) {
      for machine in machines {
        let isLoud = machine == machines[0] && (3600..<3700).contains(second)
        lines.append(SimulatedTime.line(second: Double(second), score: isLoud ? 20 : 2, machine: machine))
      }
    }
    for (state, end) in [("raised", 10.0), ("cleared", 110.0)] {
      lines.append(
        SimulatedTime.line(
          second: 3600, score: 20, machine: machines[0], kind: "alarm", state: state, id: "00000000000000aa",
          seconds: end))
    }
    lines.append(
      #"{"kind":"connection","graph":"plant","node":"mic","channel":0,"machine":"\#(machines[0])","state":"lost","#
        + #""port":"system:capture_1","begin":50,"end":60,"rate":1000,"time":"2024-11-01T00:00:00.060Z"}"#)
    lines.append(#"{"kind":"gap","graph":"plant","node":"mic","begin":70,"end":80,"rate":1000,"cause":"xrun"}"#)
    try shop.write("run.jsonl", (lines + ["not a record", "{\"kind\":1}"]).joined(separator: "\n") + "\n")
    let outcome = try shop.auscult("history", "past.sqlite", "--import", "run.jsonl")
    #expect(outcome.status == 0 && outcome.out.isEmpty, "\(outcome.err)")
    #expect(outcome.err.contains("ignored 2 lines that are no records; the first is line 1445"), "\(outcome.err)")
    return shop
  }

  @Test func eventsAreListed() throws {
    let shop = try shop()
    let table = try shop.auscult("history", "past.sqlite")
    #expect(table.status == 0 && table.err.isEmpty, "\(table.err)")
    let lines = table.out.split(separator: "\n")
    #expect(lines.count == 5, "\(table.out)")
    #expect(lines[0].hasPrefix("time ") && lines[2].contains("connection lost"))
    #expect(lines[1].contains("gap") && lines[1].contains("xrun"), "no time: first")
    #expect(lines[3].contains("alarm raised") && lines[4].contains("alarm cleared"))
    #expect(lines[3].hasPrefix("2024-11-01T01:00:10.000Z  pump-2"))

    let json = try shop.auscult("history", "past.sqlite", "--kind", "alarm", "--format", "json")
    let records = try json.out.split(separator: "\n").map { try JSONValue(parsing: Array($0.utf8)) }
    #expect(records.compactMap { $0["state"]?.text } == ["raised", "cleared"])
    #expect(records.allSatisfy { $0["id"] == "00000000000000aa" && $0["machine"] == "pump-2" })
    let port = try shop.auscult("history", "past.sqlite", "--kind", "connection", "--format", "json")
    #expect(port.out.contains(#""detail":{"port":"system:capture_1"}"#), "\(port.out)")
  }

  @Test func partsAreChosen() throws {
    let shop = try shop()
    func count(_ arguments: String...) throws -> Int {
      let outcome = try shop.run(
        BuildFolder.path + "/auscult", ["history", "past.sqlite", "--format", "csv"] + arguments)
      #expect(outcome.status == 0, "\(outcome.err)")
      return outcome.out.split(separator: "\n").count - 1
    }
    #expect(try count() == 4)
    #expect(try count("--kind", "score") == 1440)
    #expect(try count("--kind", "all") == 1444)
    #expect(try count("--kind", "score", "--machine", "fan-00") == 720)
    #expect(try count("--kind", "score", "--since", "2024-11-01T01:00Z", "--machine", "fan-00") == 360)
    #expect(try count("--kind", "score", "--until", "2024-11-01T00:10Z", "--machine", "fan-00") == 60)
    #expect(try count("--since", "2024-11-01", "--until", "2024-11-01T00:30Z") == 1)
    #expect(try count("--kind", "score", "--every", "1h", "--machine", "pump-2") == 2)
    #expect(try count("--kind", "score", "--every", "30s", "--machine", "pump-2") == 240)
    let worst = try shop.auscult(
      "history", "past.sqlite", "--kind", "score", "--every", "1h", "--machine", "pump-2", "--format", "json")
    let rows = try worst.out.split(separator: "\n").map { try JSONValue(parsing: Array($0.utf8)) }
    #expect(rows.compactMap { $0["score"]?.number } == [2, 20])
    #expect(rows.compactMap { $0["time"]?.text } == ["2024-11-01T00:00:00.000Z", "2024-11-01T01:00:00.000Z"])
  }

  @Test func wrongQuestionsAreAnswered() throws {
    let shop = try shop()
    let missing = try shop.auscult("history")
    #expect(missing.status == 1 && missing.err.contains("cannot open auscult.sqlite"), "\(missing.err)")
    #expect(!shop.contains("auscult.sqlite"), "reading makes nothing")
    let machine = try shop.auscult("history", "past.sqlite", "--machine", "pump-3")
    #expect(machine.status == 1 && machine.err.contains("it has 'fan-00', 'pump-2'"), "\(machine.err)")
    let notes = try shop.auscult("history", "watch.yaml")
    #expect(notes.status == 1 && notes.err.contains("it is no SQLite database"), "\(notes.err)")
    for wrong in [
      ["--since", "soon"], ["--since", "1d", "--until", "2d"], ["--every", "1h"], ["--plot", "a.pdf"],
      ["--format", "xml"], ["--plot", "a.svg", "--kind", "alarm"],
    ] {
      let outcome = try shop.run(BuildFolder.path + "/auscult", ["history", "past.sqlite"] + wrong)
      #expect(outcome.status == 64, "\(wrong): \(outcome.err)")
    }
  }

  /// Names from outside are one field of one line, and no formula of a spreadsheet.
  @Test func hostileNamesAreHarmless() throws {
    let name = "=cmd|'a'!A1,\"b\"\r\u{1B}[31mred\u{202E}"
    let escaped = String(decoding: JSONValue.text(name).json, as: UTF8.self).dropFirst().dropLast()
    let shop = try Workshop()
    try shop.write(
      "run.jsonl",
      SimulatedTime.line(second: 0, score: 1, machine: name, kind: "alarm", state: "raised", id: "1") + "\n")
    #expect(escaped.contains("\\u001b"))
    #expect(try shop.auscult("history", "past.sqlite", "--import", "run.jsonl").status == 0)
    let table = try shop.auscult("history", "past.sqlite")
    #expect(!table.out.utf8.contains(0x1B) && !table.out.contains("\u{202E}") && table.out.contains(#"\u{1B}[31mred"#))
    #expect(table.out.split(separator: "\n").count == 2)
    let csv = try shop.auscult("history", "past.sqlite", "--format", "csv")
    #expect(csv.out.contains(",\"'=cmd|'a'!A1,\"\"b\"\"\r"), "\(csv.out)")
    let json = try shop.auscult("history", "past.sqlite", "--format", "json", "--machine", name)
    #expect(try JSONValue(parsing: Array(json.out.utf8.dropLast()))["machine"]?.text == name)
  }

  /// Positions and times that no stream has, from a file of another origin.
  @Test func numbersWithoutBoundsAreHarmless() throws {
    let shop = try Workshop()
    let span = #""begin":-9223372036854775808,"end":9223372036854775807,"graph":"g","node":"n","machine":"m""#
    try shop.write(
      "run.jsonl",
      """
      {"kind":"score",\(span),"rate":9223372036854775807,"time":"2262-04-11T23:47:16.854Z","score":1,"threshold":0}
      {"kind":"alarm",\(span),"rate":1,"time":"2262-04-11T23:47:16.854Z","score":1,"state":"raised","id":"x"}
      {"kind":"gap",\(span),"rate":48000,"time":"1677-09-22T00:00:00.000Z","cause":"xrun"}
      {"kind":"score","begin":1,"end":2,"machine":"m","rate":-1,"time":"1677-09-22T00:00:00.000Z","score":1}

      """)
    #expect(try shop.auscult("history", "past.sqlite", "--import", "run.jsonl").status == 0)
    // As another program may have written it.
    try #require(
      try shop.run("sqlite3", ["past.sqlite", #"UPDATE gaps SET "begin" = -1 << 63, "end" = (1 << 63) - 1"#]).status
        == 0)
    for arguments in [
      ["--kind", "all"], ["--kind", "score", "--every", "36500d"], ["--kind", "score", "--every", "1h"],
      ["--plot", "a.svg"], ["--since", "1970-01-01", "--until", "2200-12-31"],
    ] {
      let outcome = try shop.run(BuildFolder.path + "/auscult", ["history", "past.sqlite"] + arguments)
      #expect(outcome.status == 0, "\(arguments): \(outcome.err)")
    }
    #expect(try shop.auscult("trend", "past.sqlite", "--plot", "t.svg").status == 0)
  }

  /// The end of a file that is no line of text.
  @Test func aLongLastLineIsRejected() throws {
    let shop = try Workshop()
    try shop.write("run.jsonl", String(repeating: "x", count: 5 << 20))
    let outcome = try shop.auscult("history", "past.sqlite", "--import", "run.jsonl")
    #expect(outcome.status == 0 && outcome.err.contains("ignored 1 line"), "\(outcome.err)")
  }

  /// The same file again replaces what it added, so that a file that has grown is imported once.
  @Test func importingAgainReplaces() throws {
    let shop = try shop()
    let first = try shop.auscult("history", "past.sqlite", "--kind", "all", "--format", "csv").out
    let more = SimulatedTime.line(second: 9000, score: 3) + "\n"
    try shop.write("run.jsonl", try shop.text("run.jsonl") + more)
    #expect(try shop.auscult("history", "past.sqlite", "--import", "./run.jsonl", "-q").status == 0)
    let again = try shop.auscult("history", "past.sqlite", "--kind", "all", "--format", "csv").out
    #expect(again.hasPrefix(first) && again.split(separator: "\n").count == first.split(separator: "\n").count + 1)
    let database = try shop.database()
    #expect(try database.integer("SELECT sum(count) FROM minutes") == 1441)
    #expect(try database.integer("SELECT sum(count) FROM trend") == 1441)
  }

  @Test(arguments: ["past.svg", "past.png"]) func figuresAreDrawn(_ name: String) throws {
    let shop = try shop(machines: ["pump `touch owned` @x", "fan-00"])
    let outcome = try shop.auscult("history", "past.sqlite", "--plot", name)
    #expect(outcome.status == 0, "\(outcome.err)")
    let figure = try Data(contentsOf: URL(fileURLWithPath: shop.path(name)))
    if name.hasSuffix("png") {
      #expect(figure.starts(with: [0x89, 0x50, 0x4E, 0x47]) && figure.count > 5000)
    } else {
      let text = String(decoding: figure, as: UTF8.self)
      #expect(text.contains("threshold") && text.contains("alarm") && text.contains("fan-00"))
      #expect(text.contains("role=\"img\"") && text.contains("fan-00 (judge): highest score 2.000, 0 alarms."))
      #expect(text.contains("E69F00") || text.contains("230, 159") || text.contains("230,159"), "the alarm is shaded")
    }
    #expect(!shop.contains("owned"))
    #expect(try FileManager.default.contentsOfDirectory(atPath: shop.folder).allSatisfy { !$0.contains("figure") })
  }

  /// Links lead to clips beside the database, whatever their names; those that are gone are said to be.
  @Test func aReportHasWordsAndClips() throws {
    let shop = try shop(machines: ["<img src=x> `touch owned`", "fan-00"])
    for folder in ["clips", "other"] {
      try FileManager.default.createDirectory(atPath: shop.path(folder), withIntermediateDirectories: true)
    }
    for (id, name) in [("aa", "a 50%25#1?.flac"), ("bb", "gone.flac")] {
      try shop.write(
        "\(id).jsonl",
        #"{"kind":"clip","graph":"plant","node":"clip","channel":0,"machine":"fan-00","begin":0,"end":9000,"rate":1000,"#
          + #""time":"2024-11-01T01:00:00.000Z","id":"00000000000000\#(id)","path":"clips/\#(name)"}"# + "\n")
      #expect(try shop.auscult("history", "past.sqlite", "--import", "\(id).jsonl").status == 0)
    }
    try shop.write("clips/a 50%25#1?.flac", "fLaC")
    let outcome = try shop.auscult("history", "past.sqlite", "--report", "month", "--quiet")
    try #require(outcome.status == 0 && outcome.err.isEmpty, "\(outcome.err)")
    let page = try shop.text("month/report.html")
    #expect(try ReportPageCheck.run(shop.path("month/report.html")) == "1 pictures, 1 tables, 3 players\n")
    #expect(page.contains("src=\"../clips/a%2050%2525%231%3F.flac\"") && page.contains("not here"))
    #expect(!page.contains("<img") && !shop.contains("owned"))
    // What is no report stays.
    try FileManager.default.createDirectory(atPath: shop.path("other"), withIntermediateDirectories: true)
    try shop.write("other/report.html", "my notes\n")
    let refused = try shop.auscult("history", "past.sqlite", "--report", "other")
    #expect(refused.status == 1 && refused.err.contains("does not belong to a report"), "\(refused.err)")
    #expect(try shop.auscult("history", "past.sqlite", "--report", "a", "--plot", "b.svg").status == 64)
  }

  /// Numbers and times that no record has: whoever wrote them, nothing overflows.
  @Test(arguments: [
    ("score", #""begin":0,"end":1000,"time":"2262-04-11T23:47:05.000Z""#),
    ("score", #""begin":0,"end":1000,"time":"1677-09-22T00:00:05.000Z""#),
    ("score", #""begin":0,"end":1000,"time":"0000-99-99T99:99:99.999Z""#),
    ("alarm", #""begin":-9000000000000000000,"end":9000000000000000000,"time":"2024-11-01T00:00:00.000Z""#),
    ("gap", #""begin":-9223372036854775808,"end":9223372036854775807,"count":9223372036854775807"#),
  ])
  func impossibleNumbersAreHarmless(_ kind: String, _ members: String) throws {
    let shop = try Workshop()
    let line =
      #"{"kind":"\#(kind)","graph":"plant","node":"judge","channel":0,"machine":"pump-2","id":"1","state":"raised","#
      + #""rate":1000,"score":1,"threshold":2,"cause":"drop",\#(members)}"#
    try shop.write("run.jsonl", [line, SimulatedTime.line(second: 0, score: 3)].joined(separator: "\n") + "\n")
    #expect(try shop.auscult("history", "past.sqlite", "--import", "run.jsonl").status == 0)
    try readsAll(shop)
  }

  /// A database may be damaged by hand.
  @Test func impossibleRowsAreHarmless() throws {
    let shop = try shop()
    let database = try Connection(shop.path("past.sqlite"), .readWrite, patience: 5)
    try database.execute(
      """
      UPDATE gaps SET "begin" = -9223372036854775807, "end" = 9223372036854775807, count = 9223372036854775807;
      UPDATE events SET "begin" = -9223372036854775807, "end" = 9223372036854775807;
      UPDATE runs SET rate = -9223372036854775807;
      UPDATE minutes SET count = 9223372036854775807;
      UPDATE minutes SET time = '2262-04-11T23:47' WHERE time = (SELECT max(time) FROM minutes)
      """)
    try readsAll(shop)
  }

  private func readsAll(_ shop: Workshop) throws {
    for arguments in [
      [], ["--kind", "all"], ["--kind", "score", "--every", "1d"], ["--kind", "score", "--every", "36000d"],
      ["--last", "9223372036854775807"], ["--plot", "past.svg"],
    ] {
      let outcome = try shop.run(BuildFolder.path + "/auscult", ["history", "past.sqlite"] + arguments)
      #expect(outcome.status == 0, "\(arguments): \(outcome.err)")
    }
    #expect(try shop.auscult("trend", "past.sqlite").status == 0)
  }
}

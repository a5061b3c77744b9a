import Database
import Foundation
import JSONText
import SystemCalls
import TestSupport
import Testing

/// Graph in, rows out.
@Suite struct SQLiteSinkTests {
  private static let start = "2026-11-21T00:00:00Z"

  /// Every record of the lines is a row, with the same numbers.
  @Test func rowsAreTheRecords() throws {
    let shop = try Workshop()
    let run = try shop.auscult("run", "watch.yaml", "--input", "fan.wav", "-q", "--start-time", Self.start)
    #expect(run.status == 0 && run.err.isEmpty, "\(run.err)")
    let database = try shop.database()
    let records = try shop.records()
    let scores = records.filter { $0["kind"] == "score" }
    let stored = try database.rows(
      #"SELECT score, threshold, "begin", "end", machine, node, anomalous FROM scores ORDER BY "begin""#, columns: 7)
    #expect(scores.count > 50 && stored.count == scores.count)
    for (row, record) in zip(stored, scores) {
      #expect(Double(row[0]).map { abs($0 - (record["score"]?.number ?? 0)) <= 1e-9 * abs($0) } == true)
      #expect(row[2] == "\(record["begin"]!.integer!)" && row[3] == "\(record["end"]!.integer!)")
      #expect(row[4] == "fan-00" && row[5] == "judge" && (row[6] == "1") == (record["anomalous"] == true))
    }
    let alarms = records.filter { $0["kind"] == "alarm" }
    let events = try database.rows(
      "SELECT id, state, time, begin, end, machine, run FROM events WHERE kind = 'alarm' ORDER BY event", columns: 7)
    #expect(alarms.compactMap { $0["state"]?.text } == ["raised", "cleared"])
    #expect(events.map { Array($0[0...1]) } == alarms.map { [$0["id"]!.text!, $0["state"]!.text!] })
    #expect(events.map { $0[2] } == alarms.map { $0["time"]!.text! })
    #expect(events.map { $0[3] } == alarms.map { "\($0["begin"]!.integer!)" })
    #expect(Set(events.map { $0[0] }).count == 1, "both records of an alarm have its id")
    #expect(
      try database.rows("SELECT run, graph, node, source FROM runs", columns: 4) == [["1", "watch", "past", "files"]])
    #expect(try database.integer("PRAGMA user_version") == 1)
    #expect(try database.rows("PRAGMA journal_mode", columns: 1) == [["wal"]])
    let whole = try database.integer("SELECT sum(count) FROM minutes")
    #expect(whole == Int64(scores.count))
    #expect(try database.integer("SELECT sum(count) FROM trend") == Int64(scores.count))
  }

  /// Where the time of a recording is not known, its rows have none, and no place in the minutes and the trend.
  @Test func rowsWithoutATimeAreKept() throws {
    let shop = try Workshop()
    let run = try shop.auscult("run", "watch.yaml", "--input", "fan.wav", "-q")
    #expect(run.status == 0 && run.err.isEmpty, "\(run.err)")
    let records = try shop.records()
    let database = try shop.database()
    let count = Int64(records.count { $0["kind"] == "score" })
    #expect(try database.integer("SELECT count(*) FROM scores WHERE time = ''") == count && count > 50)
    #expect(try database.integer("SELECT count(*) FROM events WHERE time = '' AND kind = 'alarm'") == 2)
    for table in ["minutes", "trend"] { #expect(try database.integer("SELECT count(*) FROM \(table)") == 0) }
    let listed = try shop.auscult("history", "past.sqlite", "--kind", "score", "--format", "json", "-q")
    #expect(listed.status == 0 && listed.out.split(separator: "\n").count == Int(count), "\(listed.err)")
    let alarms = try shop.auscult("history", "past.sqlite", "--kind", "alarm", "--format", "json", "-q")
    #expect(alarms.out.split(separator: "\n").count == 2, "\(alarms.err)")
    for command in [["trend"], ["history", "--plot", "a.svg"], ["history", "--kind", "score", "--every", "1h"]] {
      let outcome = try shop.run(BuildFolder.path + "/auscult", command + ["past.sqlite"])
      #expect(outcome.status == 0 && outcome.err.contains("its scores have no time"), "\(command) \(outcome.err)")
    }
  }

  @Test func aSecondRunContinuesAndAnotherReplaces() throws {
    let shop = try Workshop()
    for _ in 0..<2 { #expect(try shop.auscult("run", "watch.yaml", "--input", "fan.wav", "-q").status == 0) }
    #expect(try shop.database().integer("SELECT count(*) FROM runs") == 2)
    #expect(try shop.database().integer("SELECT count(*) FROM events WHERE state = 'raised'") == 2)
    let again = try shop.auscult("run", "watch.yaml", "--input", "fan.wav", "-q", "--set", "past.append=false")
    #expect(again.status == 0, "\(again.err)")
    #expect(try shop.database().integer("SELECT count(*) FROM runs") == 1)
  }

  /// `scores: 1 s` keeps the worst score of each second; minutes and trend count all.
  @Test(arguments: ["1 s", "every: 1 s"]) func worstScoresAreKept(_ scores: String) throws {
    let shop = try Workshop()
    try shop.write(
      "watch.yaml", Workshop.graph.replacing("path: past.sqlite", with: "path: past.sqlite, scores: \"\(scores)\""))
    let run = try shop.auscult("run", "watch.yaml", "--input", "fan.wav", "-q", "--start-time", Self.start)
    #expect(run.status == 0, "\(run.err)")
    var worst: [Int64: Double] = [:]
    var count = 0
    for record in try shop.records() where record["kind"] == "score" {
      let second = (record["end"]!.integer! - 1) / 16000
      worst[second] = max(worst[second] ?? -.infinity, record["score"]!.number!)
      count += 1
    }
    let stored = try shop.database().rows(
      #"SELECT ("end" - 1) / 16000, score FROM scores ORDER BY "begin""#, columns: 2)
    #expect(stored.count == worst.count && stored.count > 5)
    for row in stored { #expect(abs(worst[Int64(row[0])!]! - Double(row[1])!) < 1e-9) }
    #expect(try shop.database().integer("SELECT sum(count) FROM trend") == Int64(count))
  }

  @Test(arguments: [
    ("keep: 90", "`keep: 90` is not a time"), ("keep: 999999999 d", "`keep: 999999999 d` is not a time"),
    ("limit: 5 s", "`limit: 5 s` is not a size"),
    ("limit: 10 kB", "`limit: 10 kB` is not a size of at least 1 MiB"), ("scores: some", "`scores: some` is neither"),
    ("path: \"-\"", "a database can't go to standard output"),
  ])
  func wrongParametersAreRefused(_ parameter: String, _ message: String) throws {
    let path = parameter.hasPrefix("path") ? "" : "path: past.sqlite, "
    let shop = try Workshop(
      graph: Workshop.graph.replacing("path: past.sqlite", with: "\(path)\(parameter)"))
    let outcome = try shop.auscult("run", "watch.yaml", "--input", "fan.wav")
    #expect(outcome.status == 1 && outcome.err.contains(message), "\(outcome.err)")
    #expect(outcome.err.contains("watch.yaml:11:"), "\(outcome.err)")
  }

  /// Another program's database, and what is no database, are not touched.
  @Test func otherFilesAreNotTouched() throws {
    let shop = try Workshop()
    for content in ["these are notes\n", "SQLite"] {
      try shop.write("past.sqlite", String(repeating: content, count: 100))
      let outcome = try shop.auscult("run", "watch.yaml", "--input", "fan.wav")
      #expect(outcome.status == 1 && outcome.err.contains("past.sqlite"), "\(outcome.err)")
      #expect(try shop.text("past.sqlite").hasPrefix(content))
    }
    unlink(shop.path("past.sqlite"))
    let other = try Connection(shop.path("past.sqlite"), .readWrite, patience: 1)
    try other.execute("CREATE TABLE mine (a)")
    for append in ["true", "false"] {
      let outcome = try shop.auscult("run", "watch.yaml", "--input", "fan.wav", "--set", "past.append=\(append)")
      #expect(outcome.status == 1 && outcome.err.contains("is another program's database"), "\(outcome.err)")
    }
    #expect(try other.rows("SELECT name FROM sqlite_master", columns: 1) == [["mine"]])
  }

  /// A killed run damages nothing, and the next one continues.
  @Test func killedRunLeavesAWholeDatabase() throws {
    let shop = try Workshop()
    try shop.write(
      "long.yaml",
      Workshop.graph.replacing(
        #"type: source, machines: ["fan-00"]"#, with: "type: source.synth, machine: fan, seed: 1"))
    let process = Process()
    process.executableURL = URL(fileURLWithPath: BuildFolder.path + "/auscult")
    process.arguments = ["run", "long.yaml", "-q", "--offline", "--duration", "10h", "--start-time", Self.start]
    process.currentDirectoryURL = URL(fileURLWithPath: shop.folder)
    process.standardError = FileHandle.nullDevice
    try process.run()
    defer { if process.isRunning { kill(process.processIdentifier, SIGKILL) } }
    try waitUntil {
      shop.contains("past.sqlite") && (try? shop.database().integer("SELECT count(*) FROM scores")) ?? 0 > 500
    }
    // A second run into the same file is refused meanwhile.
    let second = try shop.auscult("run", "watch.yaml", "--input", "fan.wav", "--set", "log.path=other.jsonl")
    #expect(second.status == 1 && second.err.contains("past.sqlite is being written by process"), "\(second.err)")
    try #require(process.isRunning, "the run was over before it was killed")
    kill(process.processIdentifier, SIGKILL)
    process.waitUntilExit()
    let reader = try Connection(shop.path("past.sqlite"), .readWrite, patience: 5)
    #expect(try reader.rows("PRAGMA integrity_check", columns: 1) == [["ok"]])
    let before = try #require(try reader.integer("SELECT count(*) FROM scores"))
    #expect(try reader.integer("SELECT sum(count) FROM minutes") == before, "the tables agree")
    #expect(try reader.integer("SELECT sum(count) FROM trend") == before)
    #expect(try shop.auscult("run", "watch.yaml", "--input", "fan.wav", "-q").status == 0)
    #expect(try #require(try reader.integer("SELECT count(*) FROM scores")) > before)
  }
}

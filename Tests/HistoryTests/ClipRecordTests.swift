import Database
import Foundation
import JSONText
import TestSupport
import Testing

/// A clip and the records of its alarm name each other in every sink.
@Suite struct ClipRecordTests {
  /// - Parameter settings: further parameters of sink.clip.
  private func shop(_ settings: String = "") throws -> Workshop {
    try Workshop(
      graph: Workshop.graph.replacing("links:\n", with: "  clip: { type: sink.clip, path: clips\(settings) }\nlinks:\n")
        + "  - mic -> clip.audio\n  - alarm -> clip.event\n")
  }

  @Test func theRecordsOfAnAlarmNameItsClip() throws {
    let shop = try shop()
    let run = try shop.auscult("run", "watch.yaml", "--input", "fan.wav", "--start-time", "2026-11-21T09:30:00Z")
    #expect(run.status == 0, "\(run.err)")
    let records = try shop.records()
    let clip = try #require(records.first { $0["kind"] == "clip" })
    let alarm = try #require(records.first { $0["kind"] == "alarm" })
    let path = try #require(clip["path"]?.text)
    #expect(records.count { $0["kind"] == "clip" } == 1 && path.hasPrefix(shop.path("clips/fan-00-2026")))
    #expect(clip["id"] == alarm["id"] && clip["machine"] == "fan-00" && clip["reason"] == "alarm")
    let note = try JSONValue(
      parsing: Array(try String(contentsOfFile: path.dropLast(4) + "json", encoding: .utf8).utf8))
    #expect(note["id"] == alarm["id"] && note["begin"] == clip["begin"] && note["end"] == clip["end"])

    let id = try #require(alarm["id"]?.text)
    let database = try shop.database()
    #expect(
      try database.rows("SELECT path, event, machine FROM clips", columns: 3) == [[path, id, "fan-00"]])
    #expect(
      try database.rows("SELECT DISTINCT id, clip FROM events WHERE kind = 'alarm'", columns: 2) == [[id, path]])
    let history = try shop.auscult("history", "past.sqlite", "--kind", "alarm,clip").out
    #expect(history.split(separator: "\n").count { $0.contains(path) } == 3 && history.contains("alarm \(id)"))
    #expect(try shop.auscult("clips", "--json").out.contains(id))

    // Lines that are imported say the same.
    #expect(try shop.auscult("history", "again.sqlite", "--import", "log.jsonl").status == 0)
    let again = try shop.database("again.sqlite")
    #expect(try again.rows("SELECT DISTINCT clip FROM events WHERE kind = 'alarm'", columns: 1) == [[path]])
  }

  @Test func aDeletedClipIsNoLongerNamed() throws {
    let shop = try shop(", limit: 1 kB")
    #expect(try shop.auscult("run", "watch.yaml", "--input", "fan.wav").status == 0)
    let states = try shop.records().filter { $0["kind"] == "clip" }.compactMap { $0["state"]?.text }
    #expect(states == ["written", "deleted"])
    let database = try shop.database()
    #expect(try database.integer("SELECT count(*) FROM clips") == 0)
    #expect(try database.integer("SELECT count(*) FROM events WHERE kind = 'alarm'") ?? 0 > 0)
    #expect(try database.integer("SELECT count(*) FROM events WHERE clip IS NOT NULL") == 0)
  }

  /// A clip is written when its sink gets to it; its record has its place all the same.
  @Test func theOrderOfRecordsDoesNotDependOnTheJobs() throws {
    var first: String?
    for jobs in ["1", "2", "2"] {
      let shop = try shop()
      let names = ["a.wav", "b.wav", "c.wav"]
      for name in names {
        try FileManager.default.copyItem(atPath: shop.path("fan.wav"), toPath: shop.path(name))
      }
      let arguments = names.flatMap { ["--input", $0] }
      let run = try shop.run(BuildFolder.path + "/auscult", ["run", "watch.yaml", "--jobs", jobs] + arguments)
      #expect(run.status == 0, "\(run.err)")
      let text = try shop.text("log.jsonl").replacing(shop.folder, with: "")
      #expect(text.components(separatedBy: "\"kind\":\"clip\"").count == 4)
      if let first { #expect(text == first) } else { first = text }
    }
  }
}

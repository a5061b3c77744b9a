import Foundation
import TestSupport
import Testing

/// `time` in records of files: only where the file, or the caller, states it.
@Suite struct RecordingTimeTests {
  private let folder = ScratchFolder()
  private var auscult: Command { Command(folder) }

  init() throws {
    var random = SeededRandom.fresh()
    let samples = (0..<48000).map { _ in Int16.random(in: -8000...8000, using: &random) }
    try folder.write("noise.wav", wav(samples))
    try folder.write("20261121-093000.wav", wav(samples))
    try folder.write("watch.yaml", watchGraph)
  }

  /// The first record with a time: its end in frames, and its time.
  private func first() throws -> (end: Int64?, time: String?) {
    let record = try #require(try folder.writtenRecords("log.jsonl").first { $0["kind"] == "score" })
    return (record["end"]?.integer, record["time"]?.text)
  }

  @Test func anUnknownTimeIsLeftOut() throws {
    #expect(try auscult("run", "watch.yaml", "--input", "noise.wav").status == 0)
    #expect(try first().time == nil)
    #expect(try !folder.text("log.jsonl").contains("\"time\""))
  }

  @Test func theTimeOfARecordIsThatOfItsEnd() throws {
    let outcome = try auscult(
      "run", "watch.yaml", "--input", "noise.wav", "--start-time", "2026-11-21T10:30:00+01:00")
    #expect(outcome.status == 0, "\(outcome.err)")
    let (end, time) = try first()
    let milliseconds = try #require(end) * 1000 / 16000
    let text =
      "2026-11-21T09:30:0\(milliseconds / 1000)." + String(String(1000 + milliseconds % 1000).dropFirst()) + "Z"
    #expect(time == text)
  }

  @Test func eachFileHasItsOwnTime() throws {
    let outcome = try auscult(
      "run", "watch.yaml", "--input", "20261121-093000.wav", "noise.wav", "--name-time", "%Y%m%d-%H%M%S", "--time-zone",
      "+01:00")
    #expect(outcome.status == 0)
    #expect(outcome.err.contains("noise.wav: its name has no time that fits --name-time"))
    let records = try folder.writtenRecords("log.jsonl").filter { $0["kind"] == "score" }
    #expect(records.first?["time"]?.text?.hasPrefix("2026-11-21T08:30:0") == true)
    #expect(records.last?["file"]?.text == "noise.wav" && records.last?["time"] == nil)
  }

  @Test func infoShowsWhereTheTimeIsFrom() throws {
    let csv = try auscult("info", "20261121-093000.wav", "--csv", "--name-time", "%Y%m%d-%H%M%S").out
    #expect(csv.contains(",2026-11-21T09:30:00.000Z,file name\n"))
    #expect(try auscult("info", "noise.wav", "--json").out.contains("\"time\"") == false)
  }

  @Test func wrongTimesAreWrongUsage() throws {
    for arguments in [
      ["--input", "noise.wav", "--start-time", "yesterday"], ["--input", "noise.wav", "--start-time", "2026-11-21"],
      ["--input", "noise.wav", "20261121-093000.wav", "--start-time", "2026-11-21T09:30:00Z"],
      ["--input", "noise.wav", "--time-zone", "Mars/Olympus"], ["--input", "noise.wav", "--name-time", "%Y"],
      ["--start-time", "2026-11-21T09:30:00Z"],
    ] {
      let outcome = try auscult.run(["run", "watch.yaml"] + arguments)
      #expect(outcome.status == 64, "\(arguments) \(outcome.err)")
    }
  }
}

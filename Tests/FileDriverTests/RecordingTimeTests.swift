import CSndFile
import FileDriver
import Foundation
import TestSupport
import Testing

/// GUANO's field for the time.
private let field = "Time" + "stamp"

/// A RIFF chunk; nil: with its own size.
typealias Chunk = (name: String, body: [UInt8], size: UInt32?)

/// A `bext` chunk with a date, a time and a time reference.
private func bext(_ date: String, _ time: String, reference: UInt64 = 0) -> Chunk {
  var body = [UInt8](repeating: 0, count: 602)
  body.replaceSubrange(320..<330, with: Array(date.utf8))
  body.replaceSubrange(330..<338, with: Array(time.utf8))
  body.replaceSubrange(338..<346, with: little(reference))
  return ("bext", body, nil)
}

private func guano(_ text: String) -> Chunk { ("guan", Array(text.utf8), nil) }

/// AudioMoth's comment in a LIST chunk.
private func comment(_ text: String, _ tag: String = "ICMT") -> Chunk {
  var item = Array(text.utf8) + [0]
  if item.count % 2 == 1 { item.append(0) }
  return ("LIST", Array("INFO\(tag)".utf8) + little(UInt32(item.count)) + item, nil)
}

@Suite struct RecordingTimeTests {
  private let scratch = ScratchFolder()

  /// The time of a file of 16 kHz with these chunks before its samples, and the warnings.
  private func time(
    _ chunks: [Chunk], _ name: String = "a.wav",
    _ rules: RecordingTimeRules = RecordingTimeRules()
  ) throws -> (time: RecordingTime?, warnings: [String]) {
    let data: Chunk = ("data", [UInt8](repeating: 0, count: 3200), nil)
    let bytes = riff([pcm()] + chunks + [data])
    let file = try AudioFile(path: try scratch.write(name, bytes))
    var warnings: [String] = []
    let time = rules.time(of: file) { warnings.append($0) }
    // The samples are still there.
    var samples = [Float](repeating: 1, count: 1600)
    #expect(file.read(&samples, frames: 1600) == 1600)
    return (time, warnings)
  }

  private func nanoseconds(_ text: String) throws -> Int64 {
    try #require(CivilTime(iso: text)?.nanoseconds(in: .offset(0)))
  }

  @Test(arguments: [
    ("\(field): 2017-06-12T19:31:14.123-04:00", "2017-06-12T23:31:14.123Z"),
    ("GUANO|Version:  1.0\n\(field):2017-06-12 19:31:14Z\nMake: x", "2017-06-12T19:31:14Z"),
    ("Note: a\n\(field): 2017-06-12T19:31:14\n", "2017-06-12T19:31:14Z"),
  ])
  func guanoStatesTheTime(_ text: String, _ expected: String) throws {
    let found = try time([guano(text), bext("2001-01-01", "00:00:00")])
    #expect(found.time == RecordingTime(start: try nanoseconds(expected), origin: .guano))
    #expect(found.warnings == [])
  }

  @Test func bextStatesDateTimeAndReference() throws {
    #expect(
      try time([bext("2026-11-21", "09:30:01")]).time
        == RecordingTime(start: try nanoseconds("2026-11-21T09:30:01Z"), origin: .bext))
    // 9:30:01.25 after midnight, in samples; other separators.
    let reference: UInt64 = 34_201 * 16_000 + 4_000
    #expect(
      try time([bext("2026:11:21", "09-30-01", reference: reference)]).time?.start
        == (try nanoseconds("2026-11-21T09:30:01.25Z")))
    // A reference of weeks is the timeline of an editor.
    #expect(
      try time([bext("2026-11-21", "09:30:01", reference: 1 << 62)]).time?.start
        == (try nanoseconds("2026-11-21T09:30:01Z")))
    var rules = RecordingTimeRules()
    rules.zone = try #require(RecordingZone("Europe/Berlin"))
    #expect(
      try time([bext("2026-07-21", "09:30:01")], "a.wav", rules).time?.start
        == (try nanoseconds("2026-07-21T07:30:01Z")))
  }

  @Test(arguments: [
    ("Recorded at 19:17:30 23/02/2021 (UTC) by AudioMoth 24F319055FDF2205", "2021-02-23T19:17:30Z"),
    ("Recorded at 19:17:30.500 23/02/2021 (UTC-3:30) by AudioMoth 24F3", "2021-02-23T22:47:30.5Z"),
    ("Recorded at 19:17:30 23/02/2021 (UTC+1) by AudioMoth 24F3", "2021-02-23T18:17:30Z"),
  ])
  func audioMothStatesTheTime(_ text: String, _ expected: String) throws {
    #expect(
      try time([comment(text)]).time == RecordingTime(start: try nanoseconds(expected), origin: .audioMoth))
  }

  @Test func aDateTagWithATimeOfDayCounts() throws {
    #expect(
      try time([comment("2026-11-21T09:30:01.664Z", "ICRD")]).time
        == RecordingTime(start: try nanoseconds("2026-11-21T09:30:01.664Z"), origin: .date))
    #expect(try time([comment("2026-11-21", "ICRD")]).time == nil)
    #expect(try time([comment("a machine in the hall")]).time == nil)
  }

  @Test func theNameStatesTheTimeIfAsked() throws {
    var rules = RecordingTimeRules()
    rules.pattern = NameTimePattern("%Y%m%d_%H%M%S")
    let name = "hall-7_99999999_999999_20261121_093001.wav"
    #expect(try time([], name).time == nil)
    #expect(
      try time([], name, rules).time
        == RecordingTime(start: try nanoseconds("2026-11-21T09:30:01Z"), origin: .name))
    let other = try time([], "hall.wav", rules)
    #expect(other.time == nil && other.warnings.count == 1)
    // What the file states itself counts more than its name.
    #expect(try time([bext("2001-01-01", "00:00:01")], name, rules).time?.origin == .bext)
    rules.start = 5
    #expect(try time([bext("2001-01-01", "00:00:01")], name, rules).time == RecordingTime(start: 5, origin: .option))
  }

  @Test(arguments: ["%Y%m%d", "%H%M%S", "%Y%m%d%H%M%Q", "%Y%m%d%H%M%", ""])
  func aPatternWithoutAWholeTimeIsRefused(_ pattern: String) { #expect(NameTimePattern(pattern) == nil) }

  @Test(arguments: [
    bext("0000-00-00", "00:00:00"), bext("2026-02-30", "10:00:00"), bext("2026-11-21", "23:59:60"),
    bext("2026-11-21", "24:00:00"), bext("9999-11-21", "10:00:00"), bext("nonsense!!", "\u{1b}[31mxyz"),
    bext("2026-11-21", ""), guano("\(field): 0000-01-01T00:00:00Z"), guano("\(field): yesterday"),
    guano("\(field): 2026-11-21T09:30:00+99:00"), comment("Recorded at 25:17:30 23/02/2021 (UTC) by AudioMoth 1"),
    comment("Recorded at dawn by AudioMoth the first of its kind"),
  ])
  func aTimeThatIsNoneIsRefused(_ chunk: Chunk) throws {
    let found = try time([chunk])
    #expect(found.time == nil)
    #expect(found.warnings.count == 1 && found.warnings[0].contains("which is none; records carry no time"))
    #expect(!found.warnings[0].unicodeScalars.contains { $0.value < 0x20 })
  }

  @Test func hostileChunksAreHarmless() throws {
    // Huge, cut off, empty, without the field: no time, and no warning about any.
    for chunk in [
      guano(String(repeating: "Note: x\n", count: 1 << 17)), guano(""), guano("\(field):"),
      (name: "bext", body: [UInt8](repeating: 0xff, count: 10), size: nil),
    ] {
      let found = try time([chunk])
      #expect(found.time == nil && found.warnings == [], "\(chunk.name)")
    }
    let bytes = riff([
      pcm(), ("data", [UInt8](repeating: 0, count: 3200), nil), ("guan", Array("Times".utf8), 0x7fff_0000),
    ])
    if let file = try? AudioFile(path: try scratch.write("cut.wav", bytes)) {
      #expect(RecordingTimeRules().time(of: file, warn: { _ in }) == nil)
    }
  }

  @Test func zonesAreKnownOrRefused() throws {
    #expect(RecordingZone("UTC") == .offset(0) && RecordingZone("Z") == .offset(0))
    #expect(RecordingZone("+02:00") == .offset(7200) && RecordingZone("-0330") == .offset(-12600))
    #expect(RecordingZone("local") == .local)
    for text in ["", "Europe", "Europe/Nowhere", "../../../etc/passwd", "/etc/localtime", "+25:00", "UTC+1", "a\u{0}b"]
    {
      #expect(RecordingZone(text) == nil, "\(text)")
    }
  }
}

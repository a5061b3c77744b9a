import Foundation
import TestSupport
import Testing

/// Records machines to a tape, and cuts sound out of it by time.
@Suite struct CutTests {
  private let folder = ScratchFolder()
  private var auscult: Command { Command(folder) }
  private let sound: [Int16]

  init() throws {
    var random = SeededRandom.fresh()
    print("seed \(random.seed)")
    sound = (0..<(2 * 80000)).map { _ in Int16.random(in: -8000...8000, using: &random) }
    try folder.write("sound.wav", wav(sound, channels: 2))
    try folder.write(
      "tape.yaml",
      """
      graph: tape
      nodes:
        mic: { type: source, channels: 2, machines: [fan-00, "pump, 1"] }
        tape: { type: sink.wav, path: tape.wav, rotate: 2 s }
      links: mic -> tape
      """)
  }

  /// The tape of five seconds from 9:30 on, in parts of two seconds.
  private func record() throws {
    let outcome = try auscult(
      "run", "tape.yaml", "--input", "sound.wav", "--start-time", "2026-11-21T09:30:00.25Z", "--quiet")
    #expect(outcome.status == 0 && outcome.err == "", "\(outcome.err)")
    #expect(folder.contains("tape.1.wav") && folder.contains("tape.2.wav"))
  }

  private func floats(_ name: String) throws -> [Float] {
    let data = try folder.data(name)
    let begin = try #require(data.range(of: Data("data".utf8))).upperBound + 4
    return Data(data[begin...]).withUnsafeBytes { Array($0.bindMemory(to: Float.self)) }
  }

  private func source(_ channel: Int, _ range: Range<Int>) -> [Float] {
    range.map { Float(sound[2 * $0 + channel]) / 32768 }
  }

  @Test(arguments: [0, 1]) func aMachinesSoundIsCutAcrossParts(_ channel: Int) throws {
    try record()
    // From one second of the sound to three, so that it begins in one part and ends in the next.
    let outcome = try auscult(
      "cut", "tape.wav", "tape.1.wav", "tape.2.wav", "--machine", ["fan-00", "pump, 1"][channel], "--since",
      "2026-11-21T09:30:01.25Z", "--for", "2s", "--output", "cut.wav")
    #expect(outcome.status == 0 && outcome.out == "cut.wav\n" && outcome.err == "", "\(outcome.err)")
    #expect(try floats("cut.wav") == source(channel, 16000..<48000))
    let info = try auscult("info", "cut.wav", "--csv").out
    #expect(info.contains(",2026-11-21T09:30:01.250Z,bext\n"))
  }

  @Test func whatNoFileHasIsSilence() throws {
    try record()
    let outcome = try auscult(
      "cut", "tape.2.wav", "--channel", "1", "--since", "2026-11-21T09:30:01.75Z", "--for", "1s", "--output", "cut.wav")
    #expect(outcome.status == 0)
    #expect(
      outcome.err.contains("no file has the sound from 0.0 s to 0.5 s of the cut; it is silence"), "\(outcome.err)")
    #expect(try floats("cut.wav") == [Float](repeating: 0, count: 8000) + source(0, 32000..<40000))
  }

  @Test func whatCannotBeCutIsSaid() throws {
    try record()
    let arguments = ["tape.wav", "--since", "2026-11-21T09:30:04.5Z", "--for", "0.5s"]
    let late = try auscult("cut", "tape.wav", "--since", "2026-11-22T00:00:00Z")
    #expect(late.status == 1 && late.err.contains("no file has sound between 2026-11-22T00:00:00.000Z and"))
    #expect(late.err.contains("the files reach from 2026-11-21T09:30:04.250Z to 2026-11-21T09:30:05.250Z"))
    let other = try auscult.run(["cut"] + arguments + ["--machine", "fan-07"])
    #expect(other.status == 1 && other.err.contains("no file has sound of 'fan-07'"))
    let unknown = try auscult("cut", "sound.wav", "--since", "2026-11-21T09:30:00Z")
    #expect(unknown.status == 1 && unknown.err.contains("sound.wav: does not state when it was recorded"))
    #expect(try auscult("cut", "tape.wav", "--since", "soon").status == 64)
    let last = try auscult("cut", "tape.wav", "--since", "2200-12-31T23:47:00Z", "--for", "100h")
    #expect(last.status == 1 && last.err.contains("no file has sound between 2200-12-31T23:47:00.000Z and"))
    // Replaces nothing.
    #expect(try auscult.run(["cut"] + arguments + ["--output", "a.wav"]).status == 0)
    #expect(try auscult.run(["cut"] + arguments + ["--output", "a.wav"]).status == 1)
    #expect(!folder.contains("a.wav.draft"))
  }

  /// The message of a cut that finds no sound shows the time that was read.
  @Test(arguments: [
    ("2026-11-21", "2026-11-21T00:00:00.000Z"), ("2026-11-21 09:30", "2026-11-21T09:30:00.000Z"),
    ("2026-11-21T09:30:01.664Z", "2026-11-21T09:30:01.664Z"), ("2026-11-21T09:30+02:00", "2026-11-21T07:30:00.000Z"),
    ("2026-11-21T09:30:00-0130", "2026-11-21T11:00:00.000Z"), ("2200-12-31", "2200-12-31T00:00:00.000Z"),
  ])
  func momentsAreRead(_ text: String, _ time: String) throws {
    let outcome = try cut(text)
    #expect(outcome.status == 1 && outcome.err.contains("no file has sound between \(time) and "), "\(outcome.err)")
  }

  @Test(arguments: ["now", "2d", "90 min", "1.5h", "1w", "36500d"]) func timesAgoAreRead(_ text: String) throws {
    let outcome = try cut(text)
    #expect(outcome.status == 1 && outcome.err.contains("no file has sound between "), "\(outcome.err)")
  }

  @Test(arguments: [
    "", "d", "90", "2x", "-2d", "2026-02-30", "2026-13-01", "2026-11-21T25:00", "2026-11-21T09:30+99:00", "yesterday",
    "2026-11-21T09:30:01.664ZZ", "1e99d", "nan d", "2026/11/21", "2026-11-21T09:30:0", "0000-01-01", "1677-09-21",
    "2262-04-12", "9999-12-31",
  ])
  func otherTextsAreNoMoments(_ text: String) throws { #expect(try cut(text).status == 64) }

  /// Cuts at a time out of a file whose name says that its sound is older.
  private func cut(_ since: String) throws -> Outcome {
    try folder.write("20010203_040506.wav", wav(Array(sound.prefix(100)), channels: 1))
    return try auscult(
      "cut", "20010203_040506.wav", "--name-time", "%Y%m%d_%H%M%S", "--since=\(since)", "--for", "9999d")
  }

  /// A header may announce more sound than there ever was: two thousand years, and the file has none.
  @Test func aHeaderThatAnnouncesTooMuchIsHarmless() throws {
    try folder.write("long.flac", Data(endlessFLAC(date: "2026-11-21T09:30:00Z")))
    let outcome = try auscult("cut", "long.flac", "--since", "2026-11-21T09:30:00Z", "--output", "cut.wav")
    #expect(outcome.status == 0, "\(outcome.err)")
    #expect(outcome.err.contains("no file has the sound from 0.0 s to 10.0 s of the cut"), "\(outcome.err)")
    #expect(try floats("cut.wav") == [Float](repeating: 0, count: 10))
  }

  /// The header of 2^36 - 1 samples at 1 Hz, and no samples.
  private func endlessFLAC(date: String) -> [UInt8] {
    func number(_ value: UInt64, _ count: Int) -> [UInt8] {
      (0..<count).map { UInt8(truncatingIfNeeded: value >> (8 * UInt64(count - 1 - $0))) }
    }
    func text(_ text: String) -> [UInt8] { number(UInt64(text.utf8.count), 4).reversed() + Array(text.utf8) }
    let stream =
      number(4096, 2) + number(4096, 2) + number(0, 6)
      + number(1 << 44 | 15 << 36 | (1 << 36 - 1), 8) + [UInt8](repeating: 0, count: 16)
    let comments = text("x") + number(1, 4).reversed() + text("DATE=\(date)")
    return Array("fLaC".utf8) + [0] + number(UInt64(stream.count), 3) + stream
      + [0x84] + number(UInt64(comments.count), 3) + comments
  }
}

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
    let last = try auscult("cut", "tape.wav", "--since", "2262-04-11T23:47:00Z", "--for", "100h")
    #expect(last.status == 1 && last.err.contains("no file has sound between 2262-04-11T23:47:00.000Z and"))
    // Replaces nothing.
    #expect(try auscult.run(["cut"] + arguments + ["--output", "a.wav"]).status == 0)
    #expect(try auscult.run(["cut"] + arguments + ["--output", "a.wav"]).status == 1)
    #expect(!folder.contains("a.wav.draft"))
  }
}

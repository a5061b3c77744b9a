import TestSupport
import Testing

/// Marks go through a graph channel by channel: what other channels sound like makes no difference.
@Suite struct MarkTests {
  private static func graph(machines: [String]) -> String {
    """
    graph: marks
    nodes:
      mic:
        type: source
        channels: \(machines.count)
        machines: [\(machines.joined(separator: ", "))]
        silent_below: -60 dB
        clipped_at: 0.9
      down: { type: resample, rate: 16 kHz }
      stft: { type: stft, length: 256, hop: 100 }
      mel: { type: mel, bands: 8 }
      level: { type: normalize, mode: decibel }
      slices: { type: slicer, length: 6 frames, hop: 2 frames }
      judge: { type: detector.bands, learn: 0.3 s, threshold: 2 }
      log: { type: sink.jsonl, path: "${env:OUT}/log.jsonl" }
    links:
      - mic -> down -> stft -> mel -> level -> slices -> judge -> log
    """
  }

  /// Half a second of noise, then noise with random silences, clipped samples and stuck values.
  private static func sound(_ random: inout SeededRandom) -> [Float] {
    var sound = random.noise(frames: 48_000 * 2, level: 0.5)[0]
    for _ in 0..<6 {
      let begin = Int.random(in: 24_000..<90_000, using: &random)
      let value: Float = [0, 0, 0.25, 0.95].randomElement(using: &random)!
      for frame in begin..<(begin + Int.random(in: 1...5000, using: &random)) { sound[frame] = value }
    }
    for frame in 40_000..<46_000 { sound[frame] = 0 }
    sound[91_000] = 0.95
    return sound
  }

  @Test func aChannelsMarksDoNotDependOnOthers() throws {
    var random = SeededRandom.fresh()
    print("seed \(random.seed)")
    let machines = ["a", "b", "c", "d"]
    let sounds = machines.map { $0 == "b" ? random.noise(frames: 96_000, level: 0.5)[0] : Self.sound(&random) }
    let together = try runByHand(Self.graph(machines: machines), feed: [.samples(sounds)]) { random.period() }
    let records = CutTests.withoutTime(together.lines("log.jsonl"))
    for (channel, machine) in machines.enumerated() {
      let alone = try runByHand(Self.graph(machines: [machine]), feed: [.samples([sounds[channel]])])
      let wanted = CutTests.withoutTime(alone.lines("log.jsonl")).filter { $0.contains(#""kind":"score""#) }
      let found = records.filter { $0.contains("\"machine\":\"\(machine)\"") && $0.contains(#""kind":"score""#) }
        .map { $0.replacing("\"channel\":\(channel),", with: "\"channel\":0,") }
      #expect(wanted.count > 50)
      for flag in ["silent", "clipped"] {
        #expect(wanted.contains { $0.contains("\"\(flag)\"") } == (machine != "b"), "\(flag), machine \(machine)")
      }
      #expect(found == wanted, "seed \(random.seed), machine \(machine)")
    }
  }
}

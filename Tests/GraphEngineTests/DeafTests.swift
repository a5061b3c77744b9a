import Foundation
import TestSupport
import Testing

/// A watch reports that it hears nothing, and the same sound gives the same report at any cut.
@Suite struct DeafTests {
  static func graph(silentShare: String = "10 %", deaf: String = "1 s", extra: String = "") -> String {
    """
    graph: deaf
    nodes:
      mic: { type: source, machines: [fan], silent_share: \(silentShare) }
      stft: { type: stft, length: 1024, hop: 512 }
      mel: { type: mel, bands: 8 }
      slices: { type: slicer, length: 20 frames, hop: 5 frames }
      judge: { type: detector.level, learn: 1 s }
      alarm: { type: alarm, on: 0.5 s, off: 0.5 s, deaf: \(deaf)\(extra) }
      log: { type: sink.jsonl, path: "${env:OUT}/log.jsonl" }
    links:
      - mic -> stft -> mel -> slices -> judge -> alarm -> log
      - judge -> log
    """
  }

  struct Line: Decodable, Equatable {
    var kind: String
    var begin: Int
    var end: Int
    var state: String?
    var cause: String?
    var machine: String?
    var score: Double?
    var threshold: Double?
    var anomalous: Bool?
    var flags: [String]?
  }

  static func lines(_ result: RunResult) throws -> [Line] {
    try result.lines("log.jsonl").map { try JSONDecoder().decode(Line.self, from: Data($0.utf8)) }
  }

  /// Sound of 16 kHz, with one stretch of it replaced.
  static func sound(_ random: inout SeededRandom, seconds: Double, _ stretch: Range<Double>, by value: Float)
    -> [[Float]]
  {
    var sound = random.noise(frames: Int(seconds * 16000))
    for frame in Int(stretch.lowerBound * 16000)..<Int(stretch.upperBound * 16000) { sound[0][frame] = value }
    return sound
  }

  static func sameAtAnyPeriod(_ text: String, _ feed: [Feed], _ random: inout SeededRandom) throws -> [Line] {
    let reference = try runByHand(text, rate: 16000, feed: feed)
    let expected = CutTests.withoutTime(reference.lines("log.jsonl"))
    for fixed in [1, 64, 1000, 8192] {
      let result = try runByHand(text, rate: 16000, feed: feed) { fixed }
      #expect(CutTests.withoutTime(result.lines("log.jsonl")) == expected, "period \(fixed)")
    }
    for threads in [0, 1, 3] {
      let result = try runByHand(text, rate: 16000, feed: feed, threads: threads) { random.period() }
      #expect(CutTests.withoutTime(result.lines("log.jsonl")) == expected, "\(threads) threads")
    }
    return try lines(reference)
  }

  @Test(arguments: [(Float(0), "silent"), (0.25, "stuck"), (-0.7, "stuck"), (1e-6, "silent")])
  func digitalSilenceAndAStuckValueAreToldAndEnd(_ value: Float, _ cause: String) throws {
    var random = SeededRandom.fresh()
    print("seed \(random.seed)")
    let sound = Self.sound(&random, seconds: 9, 4..<7, by: value)
    let lines = try Self.sameAtAnyPeriod(Self.graph(), [.samples(sound)], &random)
    let deaf = lines.filter { $0.kind == "deaf" }
    #expect(deaf.map(\.state) == ["begun", "ended"])
    #expect(deaf.allSatisfy { $0.cause == cause && $0.machine == "fan" })
    // Begins with the first silent slice; reported a second later; ends with the first slice with sound.
    guard deaf.count == 2 else { return }
    #expect((64000...66800).contains(deaf[0].begin) && deaf[0].end == deaf[0].begin + 16000)
    #expect(deaf[1].begin == deaf[0].begin && (112_000...115_000).contains(deaf[1].end))
    // It caused no alarm.
    #expect(!lines.contains { $0.kind == "alarm" && $0.state == "raised" })
  }

  @Test func gapsCloserThanASliceAreToldAsNoScore() throws {
    var random = SeededRandom.fresh()
    print("seed \(random.seed)")
    var feed: [Feed] = [.samples(random.noise(frames: 48000))]
    for _ in 0..<12 { feed += [.gap(100), .samples(random.noise(frames: 4000))] }
    feed += [.gap(100), .samples(random.noise(frames: 48000))]
    let lines = try Self.sameAtAnyPeriod(Self.graph(), feed, &random)
    let deaf = lines.filter { $0.kind == "deaf" }
    #expect(deaf.map(\.state) == ["begun", "ended"] && deaf.allSatisfy { $0.cause == "no score" })
    let last = lines.last { $0.kind == "score" && $0.end <= 48000 }
    #expect(deaf.first?.begin == last?.end && deaf.first?.end == last.map { $0.end + 16000 })
    let again = lines.first { $0.kind == "score" && $0.begin > 48000 }
    #expect(deaf.last?.end == again?.end)
  }

  @Test func gapsFromTheStartAreToldAlthoughTheDetectorNeverLearned() throws {
    var random = SeededRandom.fresh()
    print("seed \(random.seed)")
    let feed: [Feed] = (0..<20).flatMap { _ in [Feed.samples(random.noise(frames: 4000)), .gap(100)] }
    let lines = try Self.sameAtAnyPeriod(Self.graph(), feed, &random)
    #expect(lines.filter { $0.kind == "deaf" }.map(\.end) == [16000])
  }

  @Test func learningIsNoDeafnessUnlessNothingIsHeard() throws {
    var random = SeededRandom.fresh()
    print("seed \(random.seed)")
    let learning = Self.graph().replacing("learn: 1 s", with: "learn: 100 s")
    let heard = try Self.sameAtAnyPeriod(learning, [.samples(random.noise(frames: 80000))], &random)
    #expect(heard.isEmpty)
    let unheard = try Self.sameAtAnyPeriod(learning, [.samples([[Float](repeating: 0, count: 80000)])], &random)
    #expect(unheard.map(\.cause) == ["silent"] && unheard.map(\.begin) == [0])
  }

  @Test func aPartOfASliceThatIsSilentFlagsItFromTheShareOn() throws {
    var random = SeededRandom.fresh()
    print("seed \(random.seed)")
    // A slice is 0.672 s long: 0.2 s are 30 % of it.
    let sound = Self.sound(&random, seconds: 5, 3..<3.2, by: 0)
    let few = try Self.sameAtAnyPeriod(Self.graph(silentShare: "20 %"), [.samples(sound)], &random)
    let flagged = few.filter { $0.flags?.contains("silent") ?? false }
    #expect(!flagged.isEmpty)
    #expect(flagged.allSatisfy { $0.begin < 51200 && $0.end > 48000 + 1600 })
    // All of it counts for a slice that has the whole stretch in it.
    let whole = few.filter { $0.kind == "score" && $0.begin <= 47000 && $0.end >= 52200 }
    #expect(!whole.isEmpty && whole.allSatisfy { $0.flags == ["silent"] })
    // The alarm gets the score, and it is not deafness.
    #expect(few.contains { $0.kind == "alarm" && $0.state == "inhibited" })
    #expect(!few.contains { $0.kind == "alarm" && $0.state == "raised" })
    #expect(!few.contains { $0.kind == "deaf" })
    let most = try Self.sameAtAnyPeriod(Self.graph(silentShare: "60 %"), [.samples(sound)], &random)
    #expect(!most.contains { $0.flags?.contains("silent") ?? false })
  }

  /// A machine is switched off: wherever the cut lies in a slice, the usual share detects the silence.
  @Test func aMachineThatIsSwitchedOffIsNoAnomaly() throws {
    var random = SeededRandom.fresh()
    print("seed \(random.seed)")
    for _ in 0..<6 {
      let cut = 48_000 + Int.random(in: 0..<8000, using: &random)
      let sound = [random.noise(frames: cut)[0] + [Float](repeating: 0, count: 24_000)]
      let scores = try Self.lines(runByHand(Self.graph(), rate: 16000, feed: [.samples(sound)])).filter {
        $0.kind == "score"
      }
      let off = scores.filter { 100 * ($0.end - cut) >= 14 * ($0.end - $0.begin) }
      #expect(off.count > 4 && off.allSatisfy { $0.flags?.contains("silent") ?? false }, "cut at \(cut)")
      #expect(scores.filter { $0.end <= cut }.allSatisfy { $0.flags == [] }, "cut at \(cut)")
    }
  }

  @Test func silenceIsNeverAnomalous() throws {
    var random = SeededRandom.fresh()
    print("seed \(random.seed)")
    let sound = Self.sound(&random, seconds: 9, 4..<7, by: 0)
    let scores = try Self.lines(runByHand(Self.graph(), rate: 16000, feed: [.samples(sound)])).filter {
      $0.kind == "score"
    }
    let silent = scores.filter { $0.begin >= 65000 && $0.end <= 111_000 }
    #expect(!silent.isEmpty)
    #expect(silent.allSatisfy { $0.flags == ["silent"] && $0.anomalous == false && $0.score! > $0.threshold! })
  }

  /// Quiet sound of 16 bits crosses zero often, and repeats values: it is neither silent nor stuck.
  @Test func quietSoundIsNotSilent() throws {
    var random = SeededRandom.fresh()
    print("seed \(random.seed)")
    let quiet = random.noise(frames: 80000).map { $0.map { (($0 * 2).rounded()) / 32768 } }
    #expect(quiet[0].filter { $0 == 0 }.count > 10000)
    let lines = try Self.lines(runByHand(Self.graph(), rate: 16000, feed: [.samples(quiet)]))
    #expect(lines.contains { $0.kind == "score" })
    #expect(!lines.contains { $0.kind == "deaf" || $0.flags?.contains("silent") ?? false })
  }
}

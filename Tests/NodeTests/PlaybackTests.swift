import CNodeABI
import TestSupport
import Testing

/// `sink.audio`: each sample at its nominal position plus the lookahead of its path.
struct PlaybackTests {
  private func sink(lookahead: Int64, channels: Int = 1, denominator: Int64 = 1) throws -> Rig {
    let rig = try Rig("playback", "sink.audio", ["connect": "system:playback_1"])
    try rig.start([
      format(
        AUSCULT_AUDIO, channels: channels, denominator: denominator, period: denominator, lookahead: lookahead)
    ])
    return rig
  }

  /// Plays cycles; `arrived` gives the number of samples from the path after `position` frames of input.
  private func play(
    _ rig: Rig, _ samples: [[Float]], cuts: [Int], start: Int64 = 0, arrived: (Int) -> Int
  ) throws -> [[Float]] {
    var result = [[Float]](repeating: [], count: samples.count)
    var (position, given) = (0, 0)
    for cut in cuts {
      position += cut
      let now = min(samples[0].count, max(given, arrived(position)))
      let block = audio(rig.inputFormat, samples.map { Array($0[given..<now]) }, index: Int64(given))
      block.pointer.pointee.heads[0].origin = start * rig.inputFormat.denominator
      given = now
      var played: [[Float]] = []
      _ = try rig.process([block], position: start + Int64(position - cut), frames: cut, externalOutputs: &played)
      for channel in samples.indices { result[channel] += played[channel] }
    }
    return result
  }

  @Test("Without lookahead samples pass in their own cycle", arguments: [UInt64.random(in: 0...9999)])
  func straight(_ seed: UInt64) throws {
    var random = SeededRandom(seed)
    let samples = [random.noise(5000), random.noise(5000)]
    let played = try play(sink(lookahead: 0, channels: 2), samples, cuts: random.cuts(5000)) { $0 }
    #expect(played == samples)
  }

  @Test("With lookahead all are late by it, at any cut", arguments: [1, 64, 290, 5000], [UInt64.random(in: 0...9999)])
  func delayed(_ lookahead: Int, _ seed: UInt64) throws {
    var random = SeededRandom(seed)
    let samples = [random.noise(6000)]
    // The path yields in bursts of 50, as early as possible.
    let played = try play(
      sink(lookahead: Int64(lookahead), denominator: 7), samples, cuts: random.cuts(9000), start: 40
    ) {
      max(0, ($0 - lookahead + 49) / 50 * 50)
    }
    #expect(Array(played[0][..<lookahead]) == [Float](repeating: 0, count: lookahead))
    let end = min(9000, 6000 + lookahead)
    #expect(Array(played[0][lookahead..<end]) == Array(samples[0][..<(end - lookahead)]))
    #expect(played[0][end...].allSatisfy { $0 == 0 })
  }

  @Test("After a gap all is where it belongs; what is missing is silence")
  func gap() throws {
    let rig = try sink(lookahead: 100)
    var random = SeededRandom(11)
    let before = random.noise(512)
    let after = random.noise(512)
    func cycle(_ position: Int64, _ origin: Int64, _ index: Int, _ samples: ArraySlice<Float>) throws -> [Float] {
      let block = audio(rig.inputFormat, [Array(samples)], index: Int64(index))
      block.pointer.pointee.heads[0].origin = origin
      var played: [[Float]] = []
      _ = try rig.process([block], position: position, frames: 256, externalOutputs: &played)
      return played[0]
    }
    _ = try cycle(0, 0, 0, before[..<156])
    let second = try cycle(256, 0, 156, before[156..<412])
    #expect(second == Array(before[156..<412]))
    // Frames 512 to 549 are lost, and also the samples that the path held back: samples 412 to 511.
    rig.reset()
    let third = try cycle(550, 550, 0, after[..<156])
    // Positions 450 to 705: there are no samples for 412 to 549.
    #expect(third == [Float](repeating: 0, count: 100) + after[..<156])
    let fourth = try cycle(806, 550, 156, after[156..<412])
    #expect(fourth == Array(after[156..<412]))
  }

  @Test("Samples that were on their way when frames were lost are still played in their place")
  func gapInside() throws {
    let rig = try sink(lookahead: 100)
    var random = SeededRandom(12)
    let samples = random.noise(256)
    let block = audio(rig.inputFormat, [samples], index: 0)
    var played: [[Float]] = []
    _ = try rig.process([block], position: 0, frames: 256, externalOutputs: &played)
    let nothing = audio(rig.inputFormat, [[]], index: 256)
    _ = try rig.process([nothing], position: 306, frames: 100, externalOutputs: &played)
    #expect(played[0] == Array(samples[206...]) + [Float](repeating: 0, count: 50))
    // Skipped samples never appear later, however long the run is.
    for cycle in 0..<6 {
      _ = try rig.process([nothing], position: Int64(406 + 1000 * cycle), frames: 1000, externalOutputs: &played)
      #expect(played[0].allSatisfy { $0 == 0 })
    }
    _ = try rig.process([nothing], position: 1_000_000, frames: 1000, externalOutputs: &played)
    #expect(played[0].allSatisfy { $0 == 0 })
  }

  @Test("Another rate than the driver's is refused, with the way out")
  func wrongRate() throws {
    let rig = try Rig("playback", "sink.audio")
    let failure = #expect(throws: Rig.Failure.self) { try rig.start([format(AUSCULT_AUDIO, period: 3)]) }
    #expect(
      failure?.text
        == "gets 16000 Hz audio, but the driver runs at 48000 Hz: put a 'resample' with rate: 48000 Hz before it")
  }

  @Test("It asks the driver for its channels and connections")
  func external() throws {
    let rig = try sink(lookahead: 0, channels: 2)
    #expect(rig.answer.external_outputs == 2)
    #expect(rig.connect == ["system:playback_1"])
  }
}

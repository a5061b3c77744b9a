import CNodeABI
import TestSupport
import Testing

/// The marks of `source` for silence, stuck inputs and connections. At 1 kHz a run counts from 5 samples on.
struct StillnessTests {
  private static let silence = UInt8(AUSCULT_MARK_SILENCE)
  private static let moving = UInt8(AUSCULT_MARK_MOVING)

  /// Marks of one channel, in calls of these lengths.
  private func marks(_ samples: [Float], cuts: [Int]) throws -> [UInt8] {
    let rig = try Rig("source", "source")
    try rig.start([], rate: 1000)
    var from = 0
    return try cuts.flatMap { cut in
      let part = Array(samples[from..<from + cut])
      from += cut
      let output = try rig.process([], frames: cut, external: [part])[0]
      return part.indices.map { output.mark($0, 0) }
    }
  }

  /// The definition, literally.
  private func reference(_ samples: [Float]) -> [(isSilent: Bool, isMoving: Bool)] {
    samples.indices.map { index in
      let silent = samples[...index].reversed().prefix { abs($0) < 1e-5 }.count
      var equal = 0
      while index - equal > 0, samples[index - equal] == samples[index - equal - 1] { equal += 1 }
      return (silent >= 5 || silent == index + 1 || equal >= 5, equal < 5 || silent > 0)
    }
  }

  @Test("Silence and standstill count from 5 ms on, however the sound is cut", arguments: [UInt64.random(in: 0...9999)])
  func runs(_ seed: UInt64) throws {
    print("seed \(seed)")
    var random = SeededRandom(seed)
    for _ in 0..<20 {
      var samples: [Float] = []
      while samples.count < 400 {
        let value = [0, 0.5, Float.random(in: -1...1, using: &random)].randomElement(using: &random)!
        let length = [1, 1, 2, 4, 5, 6, 7, 40].randomElement(using: &random)!
        samples += Array(repeating: value, count: length)
      }
      let expected = reference(samples)
      for cuts in [[samples.count], random.cuts(samples.count, most: 9), random.cuts(samples.count, most: 60)] {
        let marks = try marks(samples, cuts: cuts)
        #expect(marks.map { $0 & Self.silence == Self.silence } == expected.map(\.isSilent), "seed \(seed)")
        #expect(marks.map { $0 & Self.moving != 0 } == expected.map(\.isMoving), "seed \(seed)")
      }
    }
  }

  @Test("A gap begins it anew")
  func gap() throws {
    let rig = try Rig("source", "source")
    try rig.start([], rate: 1000)
    let dc = [Float](repeating: 0.25, count: 9)
    let before = try rig.process([], frames: 9, external: [dc])[0]
    #expect((0..<9).map { before.mark($0, 0) & Self.moving != 0 } == (0..<9).map { $0 < 5 })
    rig.reset()
    let after = try rig.process([], frames: 9, external: [dc])[0]
    #expect((0..<9).map { after.mark($0, 0) & Self.moving != 0 } == (0..<9).map { $0 < 5 })
  }
}

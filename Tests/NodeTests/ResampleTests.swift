import CNodeABI
import CSoxr
import Foundation
import TestSupport
import Testing

/// `resample` compared with librosa and libsoxr, and its own guarantees.
struct ResampleTests {
  static let ratios = [
    (48000, 16000), (44100, 16000), (22050, 16000), (16000, 48000), (44100, 48000), (8000, 16000), (96000, 16000),
  ]

  private func rig(_ from: Int, _ to: Int, channels: Int = 1, quality: String = "hq") throws -> Rig {
    let rig = try Rig("resample", "resample", ["rate": .hertz(Double(to)), "quality": .text(quality)])
    try rig.start([format(AUSCULT_AUDIO, channels: channels, rate: from)], rate: from)
    return rig
  }

  /// libsoxr's result for a whole signal.
  private func soxr(_ input: [Float], _ from: Int, _ to: Int, _ recipe: UInt) -> [Float] {
    var io = soxr_io_spec(SOXR_FLOAT32_I, SOXR_FLOAT32_I)
    var spec = soxr_quality_spec(recipe, 0)
    var output = [Float](repeating: 0, count: input.count * to / from + 100)
    var (used, done) = (0, 0)
    soxr_oneshot(Double(from), Double(to), 1, input, input.count, &used, &output, output.count, &done, &io, &spec, nil)
    return Array(output[..<done])
  }

  private func greatestDifference(_ a: [Float], _ b: [Float]) -> Float {
    zip(a, b).map { abs($0 - $1) }.max() ?? 0
  }

  @Test("The numbers of librosa's soxr_hq", arguments: ratios)
  func librosa(_ from: Int, _ to: Int) throws {
    let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .appendingPathComponent("Fixtures/resample/\(from)_\(to).f32")
    let words = try Data(contentsOf: file).withUnsafeBytes { Array($0.bindMemory(to: UInt32.self)) }
    let count = Int(words[0])
    let input = words[2..<2 + count].map { Float(bitPattern: $0) }
    let expected = words[(2 + count)...].map { Float(bitPattern: $0) }
    let result = try rig(from, to).run([input], cuts: Array(repeating: 1, count: count))
    #expect(result[0].count == expected.count)
    // Where libsoxr omits a last sample, librosa appends a 0.
    let last = expected.last == 0 ? expected.count - 1 : expected.count
    #expect(greatestDifference(Array(result[0][..<last]), Array(expected.prefix(last))) < 1e-6)
  }

  @Test("The numbers of libsoxr at every quality", arguments: ratios, ["quick", "lq", "mq", "hq", "vhq"])
  func libsoxr(_ ratio: (Int, Int), _ quality: String) throws {
    let (from, to) = ratio
    let recipe: [String: UInt] = ["quick": 0, "lq": 1, "mq": 2, "hq": 4, "vhq": 6]
    var random = SeededRandom(7)
    let input = random.noise(from / 2 + 13, 1)
    let expected = soxr(input, from, to, recipe[quality]!)
    let result = try rig(from, to, quality: quality).run([input], cuts: random.cuts(input.count))
    // libsoxr rounds the number of samples to the nearest, we round up, as librosa does.
    #expect((0...1).contains(result[0].count - expected.count))
    #expect(greatestDifference(result[0], expected) < (quality == "quick" ? 2e-5 : 1.5e-6))
  }

  @Test("Any cut gives the same bits, in every channel", arguments: ratios, [UInt64.random(in: 0...9999)])
  func cuts(_ ratio: (Int, Int), _ seed: UInt64) throws {
    let (from, to) = ratio
    var random = SeededRandom(seed)
    let input = (0..<3).map { _ in random.noise(20000) }
    let whole = try rig(from, to, channels: 3).run(input, cuts: [Int](repeating: 1000, count: 20))
    let cut = try rig(from, to, channels: 3).run(input, cuts: random.cuts(20000))
    #expect(whole.map { $0.map(\.bitPattern) } == cut.map { $0.map(\.bitPattern) })
    let alone = try rig(from, to).run([input[1]], cuts: random.cuts(20000))
    #expect(alone[0].map(\.bitPattern) == whole[1].map(\.bitPattern))
    #expect(whole[0].count == (20000 * to + from - 1) / from)
  }

  @Test("A reset forgets all that was heard")
  func reset() throws {
    var random = SeededRandom(3)
    let input = random.noise(5000)
    let rig = try rig(48000, 16000)
    _ = try rig.run([random.noise(30001)], cuts: random.cuts(30001), isEnd: false)
    rig.reset()
    let again = try rig.run([input], cuts: random.cuts(5000))
    let fresh = try self.rig(48000, 16000).run([input], cuts: [1000, 1000, 1000, 1000, 1000])
    #expect(again == fresh)
  }

  @Test("Nothing is waited for beyond the declared lookahead", arguments: ratios)
  func lookahead(_ from: Int, _ to: Int) throws {
    let rig = try rig(from, to)
    let output = rig.outputs[0]
    var random = SeededRandom(5)
    var (fed, got) = (0, 0)
    for cut in random.cuts(9000) {
      fed += cut
      got += try rig.process([audio(rig.inputFormat, [random.noise(cut)], index: Int64(fed - cut))])[0].count
      // Every sample whose end, plus the lookahead, has arrived has been output.
      let ticks = (Int64(fed) - output.lookahead) * output.denominator
      #expect(Int64(got) >= ticks / output.period)
      #expect(Int64(got) <= Int64(fed) * output.denominator / output.period)
    }
  }

  @Test("The output's time is exact, also after another resample")
  func formats() throws {
    let down = try rig(44100, 16000)
    #expect(down.outputs[0].denominator == 160)
    #expect(down.outputs[0].period == 441)
    #expect(down.outputs[0].extent == 441)
    let up = try Rig("resample", "resample", ["rate": .hertz(44100)])
    try up.start([down.outputs[0]], rate: 44100)
    #expect(up.outputs[0].period == up.outputs[0].denominator)
    #expect(up.outputs[0].lookahead > down.outputs[0].lookahead)
    let third = try rig(16000, 48000)
    #expect(third.outputs[0].denominator == 3)
    #expect(third.outputs[0].period == 1)
  }

  @Test("The same rate passes through untouched")
  func sameRate() throws {
    var random = SeededRandom(1)
    let input = random.noise(777)
    let rig = try rig(48000, 48000)
    #expect(try rig.run([input], cuts: random.cuts(777)) == [input])
    #expect(rig.outputs[0].lookahead == 0)
  }

  @Test("A ratio that would need too large a filter is refused, and the nearest good rates are named")
  func tooLarge() throws {
    let rig = try Rig("resample", "resample", ["rate": .hertz(16001)])
    let failure = #expect(throws: Rig.Failure.self) { try rig.start([format(AUSCULT_AUDIO, rate: 44100)], rate: 44100) }
    #expect(failure?.parameter == "rate")
    #expect(failure?.text.contains("16000 Hz") == true)
    #expect(throws: Rig.Failure.self) { try Rig("resample", "resample", ["rate": .hertz(16000.5)]) }
  }

  @Test("Silence stays silence, and the largest samples stay finite")
  func hostile() throws {
    let silence = try rig(44100, 16000).run([[Float](repeating: 0, count: 4000)], cuts: [1000, 1000, 1000, 1000])
    #expect(silence[0].allSatisfy { $0 == 0 })
    let huge = try rig(44100, 48000).run([[Float](repeating: 1e9, count: 4000)], cuts: [1000, 1000, 1000, 1000])
    #expect(huge[0].allSatisfy { $0.isFinite })
    #expect(abs(huge[0][2000] - 1e9) < 1e5)
  }
}

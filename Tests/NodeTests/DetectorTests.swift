import CNodeABI
import Foundation
import TestSupport
import Testing

/// `detector.bands` and `detector.level` behind the ABI. Tokens are 0.1 s: 4800 frames at 48 kHz.
struct DetectorTests {
  private static let sounding = UInt8(AUSCULT_MARK_SOUNDING)

  /// What a detector yielded for one token.
  private struct Judgement: Equatable {
    var index: Int64
    var scores: [Double]
    var thresholds: [Double]
    var bands: [UInt32]
  }

  /// Tokens [token][channel][value], with marks [token][channel].
  private func run(
    _ rig: Rig, _ tokens: [[[Float]]], marks: (Int, Int) -> UInt8 = { _, _ in sounding }, cuts: [Int]? = nil,
    first: Int64 = 0
  ) throws -> [Judgement] {
    let format = rig.inputFormat
    var from = 0
    var result: [Judgement] = []
    for cut in cuts ?? [tokens.count] {
      let block = TokenBlock(format, capacity: cut)
      block.count = cut
      for token in 0..<cut {
        block.pointer.pointee.heads[token].index = first + Int64(from + token)
        for (channel, values) in tokens[from + token].enumerated() {
          for (index, value) in values.enumerated() { block.payload(token, channel, as: Float.self)[index] = value }
          block.setMark(token, channel, marks(from + token, channel))
        }
      }
      let output = try rig.process([block])[0]
      for token in 0..<output.count { result.append(judgement(output, token)) }
      from += cut
    }
    return result
  }

  private func judgement(_ output: TokenBlock, _ token: Int) -> Judgement {
    let scores = (0..<Int(output.format.pointee.channels)).map {
      output.payload(token, $0, as: auscult_score.self).pointee
    }
    var bands = scores[0].bands
    let named = withUnsafeBytes(of: &bands) { Array($0.bindMemory(to: UInt32.self))[..<Int(scores[0].band_count)] }
    return Judgement(
      index: output.pointer.pointee.heads[token].index, scores: scores.map(\.score),
      thresholds: scores.map(\.threshold), bands: Array(named))
  }

  private func rig(
    _ name: String = "detector.bands", _ settings: [String: Setting] = [:], channels: Int = 1, rows: Int = 1,
    columns: Int = 16, scale: UInt32 = AUSCULT_SCALE_DECIBEL, kind: UInt32 = AUSCULT_FEATURES
  ) throws -> Rig {
    let learns = settings["learn"] != nil || settings["learn_limit"] != nil
    let rig = try Rig("bands", name, learns ? settings : settings.merging(["learn": 10]) { $1 })
    let frequencies = (0..<columns).map { Float(100 * $0) }
    try rig.start([
      format(
        kind, channels: channels, rows: rows, columns: columns, period: 4800, scale: scale, frequencies: frequencies)
    ])
    return rig
  }

  /// Levels around -40 dB that scatter by 2 dB.
  private func normal(_ count: Int, channels: Int = 1, values: Int = 16, _ random: inout SeededRandom) -> [[[Float]]] {
    (0..<count).map { _ in
      (0..<channels).map { _ in
        (0..<values).map { _ in
          -40 + 2 * (0..<4).map { _ in Float.random(in: -0.87...0.87, using: &random) }.reduce(0, +)
        }
      }
    }
  }

  @Test("It learns for the stated time, then judges, and names what deviates")
  func learns() throws {
    var random = SeededRandom(1)
    let rig = try rig("detector.bands", ["learn": 5])
    var tokens = normal(500, &random)
    for token in 400..<500 {
      tokens[token][0][3] += 30
      tokens[token][0][11] -= 20
    }
    let results = try run(rig, tokens)
    #expect(results.map(\.index) == Array(50..<500))
    #expect(results[..<350].allSatisfy { $0.scores[0] < $0.thresholds[0] })
    #expect(results[350...].allSatisfy { $0.scores[0] > $0.thresholds[0] })
    #expect(results[350...].allSatisfy { Array($0.bands.prefix(2)) == [3, 11] })
    #expect(results[0].bands.count == 3)
    #expect(Set(results.map { $0.thresholds[0] }).count == 1)
    #expect(rig.log.contains { $0.hasPrefix("machine-0 learned from 50 tokens, threshold ") })
    #expect(rig.outputs[0].frequency_count == 16)
    #expect(rig.outputs[0].frequencies[3] == 300)
  }

  /// Tokens of 0.1 s; the level moves by `drift` dB a second in the first `until` seconds.
  private func drifting(_ count: Int, _ drift: Float, until: Int, _ random: inout SeededRandom) -> [[[Float]]] {
    normal(count, &random).enumerated().map { token, values in
      values.map { $0.map { $0 + drift * Float(min(token, 10 * until)) / 10 } }
    }
  }

  @Test("Unless told otherwise it learns for a minute, and until what it learned stands still")
  func settles() throws {
    var random = SeededRandom(3)
    let still = try Rig("bands", "detector.bands", [:])
    try still.start([plain])
    #expect(try run(still, normal(700, &random)).map(\.index) == Array(600..<700))
    #expect(still.log.contains { $0.hasPrefix("machine-0 learned from 600 tokens, ") && $0.contains("; settled: ") })

    // The machine warms up for a minute: until these tokens are a small part of all, the learned values move.
    let warm = try Rig("bands", "detector.bands", [:])
    try warm.start([plain])
    let tokens = drifting(6500, 0.2, until: 60, &random)
    let first = try #require(try run(warm, tokens).first)
    #expect(first.index > 900 && first.index < 6000)
    #expect(warm.log.contains { $0.contains("; settled: it moved by ") })
    // Any cut gives the same.
    let again = try Rig("bands", "detector.bands", [:])
    try again.start([plain])
    var results = try run(again, Array(tokens[..<777]))
    results += try run(again, Array(tokens[777...]), first: 777)
    #expect(results.first == first)

    // Values that never settle are learned up to the limit, with a warning.
    let limited = try Rig("bands", "detector.level", ["learn": 20, "learn_limit": 50])
    try limited.start([plain])
    #expect(try run(limited, drifting(600, 0.5, until: 60, &random)).first?.index == 500)
    #expect(limited.log.contains { $0.contains("learned from 500 tokens, ") && $0.contains("; not settled: ") })
  }

  private var plain: auscult_format {
    format(
      AUSCULT_FEATURES, channels: 1, rows: 1, columns: 16, period: 4800, scale: AUSCULT_SCALE_DECIBEL,
      frequencies: (0..<16).map { Float(100 * $0) })
  }

  @Test("The limit of learning is no shorter than learning")
  func limit() throws {
    let failure = #expect(throws: Rig.Failure.self) { try rig("detector.bands", ["learn": 20, "learn_limit": 10]) }
    #expect(failure.map { "\($0)".contains("learn_limit is shorter than learn") } == true)
    var random = SeededRandom(4)
    #expect(try run(rig("detector.bands", ["learn_limit": 5]), normal(60, &random)).first?.index == 50)
  }

  @Test("Any cut gives the same", arguments: ["detector.bands", "detector.level"], [UInt64.random(in: 0...9999)])
  func cuts(_ name: String, _ seed: UInt64) throws {
    var random = SeededRandom(seed)
    let tokens = normal(300, channels: 2, &random)
    let whole = try run(rig(name, channels: 2), tokens)
    let cut = try run(rig(name, channels: 2), tokens, cuts: random.cuts(300, most: 40))
    #expect(whole == cut)
    #expect(whole.count == 200)
  }

  @Test("Channels are judged each by what it learned itself")
  func channels() throws {
    var random = SeededRandom(4)
    var tokens = normal(200, channels: 2, &random)
    for token in 0..<200 { for value in 0..<16 { tokens[token][1][value] += 50 } }
    let together = try run(rig(channels: 2), tokens)
    let second = try run(rig(), tokens.map { [$0[1]] })
    #expect(together.map { $0.scores[1] } == second.map { $0.scores[0] })
    #expect(together.allSatisfy { $0.scores[1] < $0.thresholds[1] })
  }

  @Test("A slice counts as its mean row")
  func slices() throws {
    var random = SeededRandom(5)
    let tokens = normal(200, values: 4 * 8, &random)
    let means: [[[Float]]] = tokens.map { token in
      let values = token[0]
      return [(0..<8).map { (values[$0] + values[8 + $0] + values[16 + $0] + values[24 + $0]) / 4 }]
    }
    let slices = try run(rig(rows: 4, columns: 8, kind: AUSCULT_SLICE), tokens)
    let rows = try run(rig(columns: 8), means)
    #expect(slices == rows)
  }

  @Test("Thresholds: a number, the word, a map by machine")
  func thresholds() throws {
    var random = SeededRandom(6)
    let tokens = normal(120, channels: 2, &random)
    let learned = try run(rig(channels: 2), tokens)[0].thresholds
    #expect(learned.allSatisfy { $0 > 2 && $0 < 30 })
    #expect(try run(rig("detector.bands", ["threshold": 7], channels: 2), tokens)[0].thresholds == [7, 7])
    let map: Setting = ["machine-1": 9]
    #expect(
      try run(rig("detector.bands", ["threshold": map], channels: 2), tokens)[0].thresholds == [learned[0], 9])
    let words: Setting = ["machine-0": "model", "machine-1": 9]
    #expect(
      try run(rig("detector.bands", ["threshold": words], channels: 2), tokens)[0].thresholds == [learned[0], 9])
    let unknown: Setting = ["fan": 9]
    let failure = #expect(throws: Rig.Failure.self) { try rig("detector.bands", ["threshold": unknown]) }
    #expect(failure?.text == "names the machine 'fan'; there are 'machine-0'")
  }

  @Test("Silent and clipped tokens teach nothing")
  func skips() throws {
    var random = SeededRandom(7)
    var tokens = normal(260, &random)
    for token in 20..<80 { tokens[token][0] = Array(repeating: -100, count: 16) }
    for token in 80..<100 { tokens[token][0] = Array(repeating: 0, count: 16) }
    let marks: (Int, Int) -> UInt8 = { token, _ in
      if (20..<80).contains(token) { return 0 }
      return (80..<100).contains(token) ? Self.sounding | UInt8(AUSCULT_MARK_CLIPPED) : Self.sounding
    }
    let results = try run(rig(), tokens, marks: marks)
    #expect(results.first?.index == 180)
    let clean = try run(rig(), Array(tokens[..<20] + tokens[100...]))
    #expect(results.map(\.scores) == clean.map(\.scores))
  }

  @Test("A channel that can't learn does not keep the others from being judged for ever")
  func deadChannel() throws {
    var random = SeededRandom(8)
    let rig = try rig(channels: 2)
    let results = try run(rig, normal(300, channels: 2, &random)) { _, channel in channel == 0 ? Self.sounding : 0 }
    #expect(results.first?.index == 200)
    #expect(results.allSatisfy { $0.scores[1] == 0 && $0.thresholds[1] == 0 })
    #expect(results.allSatisfy { $0.scores[0] > 0 && $0.thresholds[0] > 0 })
    #expect(rig.log.contains("machine-1 is silent or clipped: still learning"))
  }

  @Test("After a gap it still knows what it learned, and goes on learning where it was")
  func gap() throws {
    var random = SeededRandom(9)
    let tokens = normal(300, &random)
    let rig = try rig()
    var results = try run(rig, Array(tokens[..<60]))
    rig.reset()
    results += try run(rig, Array(tokens[60..<200]), first: 60)
    rig.reset()
    results += try run(rig, Array(tokens[200...]), first: 200)
    #expect(results == (try run(self.rig(), tokens)))
  }

  @Test("Activation forgets everything")
  func activation() throws {
    var random = SeededRandom(10)
    let tokens = normal(150, &random)
    let rig = try rig()
    let first = try run(rig, tokens)
    try rig.start([rig.inputFormat])
    #expect(try run(rig, tokens) == first)
  }

  @Test(
    "Constant, silent, huge and undefined values give finite scores",
    arguments: ["detector.bands", "detector.level"],
    [AUSCULT_SCALE_DECIBEL, AUSCULT_SCALE_UNIT, AUSCULT_SCALE_LINEAR, AUSCULT_SCALE_OTHER])
  func hostile(_ name: String, _ scale: UInt32) throws {
    for constant: Float in [0, -100, 1e-30, 1e30] {
      let learned = Array(repeating: [Array(repeating: constant, count: 16)], count: 110)
      let strange: [Float] = [.nan, .infinity, -.infinity, 3e38, -3e38, 0, 0.1, constant]
      let after = strange.map { [Array(repeating: $0, count: 16)] }
      let results = try run(rig(name, scale: scale), learned + after)
      try #require(results.count == 18)
      #expect(results.allSatisfy { $0.scores[0].isFinite && $0.thresholds[0].isFinite && $0.thresholds[0] > 0 })
      #expect(results[..<10].allSatisfy { $0.scores[0] == 0 })
      // NaN is anomalous; the learned sound is not.
      #expect(results[10].scores[0] > results[10].thresholds[0])
      #expect(results[17].scores[0] == 0)
    }
    // NaN values during learning are left out.
    var random = SeededRandom(11)
    let tokens = normal(100, &random) + Array(repeating: [Array(repeating: .nan, count: 16)], count: 20)
    #expect(try run(rig(name, scale: scale), tokens.reversed()).isEmpty)
  }

  @Test("Level: dB of the sum over linear bands, mean over others")
  func level() throws {
    func judge(_ scale: UInt32, _ rows: (Int) -> [Float]) throws -> Double {
      let rig = try rig("detector.level", ["learn": 0.8, "floor": 1], columns: 2, scale: scale)
      return try run(rig, (0..<9).map { [rows($0)] })[0].scores[0]
    }
    // Learned from a constant; then ten times the power in one band: from 2 to 11, 10 log10(5.5) = 7.4 dB.
    #expect(abs(try judge(AUSCULT_SCALE_LINEAR) { $0 < 8 ? [1, 1] : [1, 10] } - 7.4036) < 1e-3)
    #expect(abs(try judge(AUSCULT_SCALE_DECIBEL) { $0 < 8 ? [-40, -60] : [-40, -50] } - 5) < 1e-3)
  }

  /// 10 log10 of a sum of exponentials: the distribution of noise in a mel band of several bins.
  private func noiseLevel(_ bins: Int, _ random: inout SeededRandom) -> Float {
    var power: Float = 0
    for _ in 0..<bins { power -= log(Float.random(in: 1e-7...1, using: &random)) }
    return 10 * log10(power)
  }

  @Test("Normal sound rarely exceeds the learned threshold", arguments: [UInt64.random(in: 0...9999)])
  func falseAlarms(_ seed: UInt64) throws {
    var random = SeededRandom(seed)
    var alarms = 0
    for _ in 0..<5 {
      let tokens: [[[Float]]] = (0..<4100).map { _ in
        [(0..<32).map { band in noiseLevel(1 + band / 4, &random) }]
      }
      alarms += try run(rig(columns: 32), tokens).filter { $0.scores[0] > $0.thresholds[0] }.count
    }
    #expect(alarms <= 2, "\(alarms) of 20000 tokens, seed \(seed)")
  }
}

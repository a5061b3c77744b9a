import CNodeABI
import TestSupport
import Testing

/// `damage`: both formulas by hand, the five labels, and a simple list of the last hundred errors for comparison.
struct DamageTests {
  private struct Result: Equatable {
    var damage: Double
    var label: Int32
  }

  private func form(_ name: String, _ more: [String: Setting] = [:]) throws -> Rig {
    var settings = more
    settings["form"] = .text(name)
    return try Rig("damage", "damage", settings)
  }

  /// Errors [channel][token] with the threshold 2; marks of each token.
  private func run(_ rig: Rig, _ errors: [[Double]], marks: [UInt8]? = nil, cut: Int = .max) throws -> [[Result]] {
    let input = format(AUSCULT_SCORE, channels: errors.count, rate: 10, period: 10)
    if rig.inputFormats.isEmpty { try rig.start([input], rate: 10) }
    var results = errors.map { _ in [Result]() }
    var from = 0
    while from < errors[0].count {
      let count = min(cut, errors[0].count - from)
      let block = TokenBlock(input, capacity: count)
      block.count = count
      for token in 0..<count {
        block.pointer.pointee.heads[token] = auscult_head(
          origin: 0, index: Int64(from + token), segment: 0, flags: 0, generation: 1)
        for channel in errors.indices {
          var score = auscult_score()
          (score.score, score.threshold, score.class_index) = (errors[channel][from + token], 2, -1)
          score.band_count = 1
          score.bands.0 = 7
          block.payload(token, channel, as: auscult_score.self).pointee = score
          if let marks { block.setMark(token, channel, marks[from + token]) }
        }
      }
      let output = try rig.process([block])[0]
      #expect(output.count == count)
      for token in 0..<count {
        #expect(output.pointer.pointee.heads[token].index == Int64(from + token))
        for channel in errors.indices {
          let score = output.payload(token, channel, as: auscult_score.self).pointee
          #expect(score.threshold == 50 && score.band_count == 1 && score.bands.0 == 7)
          results[channel].append(Result(damage: score.score, label: score.class_index))
        }
      }
      from += count
    }
    return results
  }

  @Test func firstForm() throws {
    let results = try run(form("first"), [[0, 0.25, 0.5, 1, 1.25, 1.5, 1.75, 2, 9, -1]])[0]
    #expect(results.map(\.damage) == [0, 12.5, 25, 50, 62.5, 75, 87.5, 100, 100, 0])
    #expect(results.map(\.label) == [0, 1, 1, 2, 3, 3, 4, 4, 4, 0])
    // A separate theta; one of them leaves nothing to divide by.
    #expect(try run(form("first", ["theta": 4]), [[1, 4, 5]])[0].map(\.damage) == [25, 100, 100])
    #expect(try run(form("first", ["theta": 0]), [[-1, 0, 0.1]])[0].map(\.damage) == [0, 0, 100])
  }

  @Test func laterForm() throws {
    // Theta 2. Up to four errors above it count against 4; from the fifth on against their 95th percentile:
    // 2.5 3 3.5 5 6 -> 5.8, at 6 too; then 2.5 2.9 3 3.5 5 6 -> 5.75: (2.9 - 2) / 3.75 is 24 %.
    let results = try run(form("later"), [[1, 2, 2.5, 3, 3.5, 5, 6, 2.9]])[0]
    #expect(results.dropLast().map(\.damage) == [0, 0, 25, 50, 75, 100, 100])
    #expect(abs(results[7].damage - 24) < 1e-12)
    #expect(results.map(\.label) == [0, 0, 1, 2, 3, 4, 4, 1])
    // Equal errors give a scale of 0: the minimum of 1e-6 keeps the result finite.
    #expect(try run(form("later"), [Array(repeating: 2 + 1e-9, count: 6)])[0].last!.damage < 0.2)
  }

  @Test func eachChannelByItself() throws {
    let (a, b) = ([1, 3, 4, 5, 6, 7, 2.5], [9, 8, 7, 6, 5, 4, 3.0])
    let both = try run(form("later"), [a, b])
    #expect(both == [try run(form("later"), [a])[0], try run(form("later"), [b])[0]])
  }

  /// A silent or clipped error gets a value, but does not affect others; a gap leaves the scale unchanged.
  @Test func whatIsNoMeasure() throws {
    let sounding = UInt8(AUSCULT_MARK_SOUNDING)
    let marks: [UInt8] = [sounding, sounding, sounding, sounding, sounding, 0, sounding | 2, sounding]
    let results = try run(form("later"), [[3, 3, 3, 3, 3, 1000, 1000, 3]], marks: marks)[0]
    #expect(results.map(\.damage) == [50, 50, 50, 50, 100, 100, 100, 100])
    let rig = try form("later")
    _ = try run(rig, [[3, 4, 5, 6, 7]])
    rig.reset()
    let after = try run(rig, [[4.3]])[0][0].damage
    // 3 4 4.3 5 6 7: the 95th percentile is 6.75.
    #expect(abs(after - 100 * 2.3 / 4.75) < 1e-9)
  }

  /// Compared with a simple list that is sorted each time; cut into any blocks.
  @Test func asAPlainListHasIt() throws {
    var random = SeededRandom.fresh()
    print("damage: AUSCULT_SEED=\(random.seed)")
    let errors = (0..<700).map { _ in (Double.random(in: 0...8, using: &random) * 4).rounded() / 4 }
    var above: [Double] = []
    let expected = errors.map { error -> Double in
      guard error > 2 else { return 0 }
      above.append(error)
      let last = above.suffix(100).sorted()
      let place = 0.95 * Double(last.count - 1)
      let low = last[Int(place)]
      let high = last[min(Int(place) + 1, last.count - 1)]
      let most = last.count < 5 ? 4 : low + (place - place.rounded(.down)) * (high - low)
      return 100 * min(max((error - 2) / max(most - 2, 1e-6), 0), 1)
    }
    for cut in [1, 7, 700] {
      let results = try run(form("later"), [errors], cut: cut)[0]
      #expect(zip(results, expected).allSatisfy { abs($0.damage - $1) < 1e-12 })
      #expect(
        results.allSatisfy { $0.label == ($0.damage == 0 ? 0 : Int32(min(4, ($0.damage / 25).rounded(.up)))) })
    }
  }
}

import CNodeABI
import TestSupport
import Testing

/// A result for one channel, for comparison.
private struct Judgement: Equatable {
  var index: Int32
  var probability: Float
  var score: Double
}

/// `vote`: majority of the last scores, one score a second.
struct VoteTests {
  private let scores = format(AUSCULT_SCORE, channels: 1, rate: 10, period: 10, extent: 10)

  /// Classes in a row, by the names of their letters ("aab"), each with the probability 0.8 and the score 1, 2, 3 ...
  private func judgements(_ classes: String) -> [Judgement] {
    classes.unicodeScalars.enumerated().map {
      Judgement(index: Int32($1.value) - 97, probability: 0.8, score: Double($0 + 1))
    }
  }

  private func block(_ judgements: [Judgement], from first: Int, followsGap: Bool) -> TokenBlock {
    let block = TokenBlock(scores, capacity: max(1, judgements.count))
    block.count = judgements.count
    for (index, judgement) in judgements.enumerated() {
      block.pointer.pointee.heads[index] = auscult_head(
        origin: 0, index: Int64(first + index), segment: 0, flags: followsGap && index == 0 ? AUSCULT_TOKEN_GAP : 0,
        generation: 1)
      var score = auscult_score()
      (score.score, score.threshold) = (judgement.score, 3.5)
      (score.class_index, score.probability) = (judgement.index, judgement.probability)
      block.payload(index, 0, as: auscult_score.self).pointee = score
    }
    return block
  }

  private func run(
    of: Double, _ judgements: [Judgement], cuts: [Int], gapBefore gap: Int? = nil
  ) throws -> [Judgement] {
    let rig = try Rig("vote", "vote", ["of": .number(of, AUSCULT_UNIT_NONE)])
    try rig.start([scores], rate: 10, quantum: 1024)
    var (from, votes) = (0, [Judgement]())
    for cut in cuts {
      let part = Array(judgements[from..<from + cut])
      let output = try rig.process([block(part, from: from, followsGap: from == gap)])[0]
      #expect(output.count == cut)
      for index in 0..<output.count {
        let score = output.payload(index, 0, as: auscult_score.self).pointee
        votes.append(Judgement(index: score.class_index, probability: score.probability, score: score.score))
        #expect(score.threshold == 3.5)
        #expect(output.pointer.pointee.heads[index].index == Int64(from + index))
      }
      from += cut
    }
    return votes
  }

  private func classes(of: Double, _ classes: String, gapBefore gap: Int? = nil) throws -> String {
    let judgements = judgements(classes)
    let cuts = gap.map { [$0, judgements.count - $0] } ?? [judgements.count]
    let votes = try run(of: of, judgements, cuts: cuts, gapBefore: gap)
    return String(String.UnicodeScalarView(votes.map { Unicode.Scalar(UInt8($0.index + 97)) }))
  }

  @Test("The majority of the last scores wins")
  func majority() throws {
    #expect(try classes(of: 3, "aaabbbaa") == "aaaabbba")
    #expect(try classes(of: 5, "aabacbcbcc") == "aaaaabcbcc")
    #expect(try classes(of: 1, "abcab") == "abcab")
  }

  @Test("Of classes with as many votes, the one that was heard last wins")
  func ties() throws {
    #expect(try classes(of: 2, "abab") == "abab")
    #expect(try classes(of: 4, "aabb") == "aaab")
    #expect(try classes(of: 3, "abca") == "abca")
    #expect(try classes(of: 4, "abba") == "abba")
  }

  @Test("After a gap voting starts anew")
  func gap() throws {
    #expect(try classes(of: 5, "aaaab") == "aaaaa")
    #expect(try classes(of: 5, "aaaabbc", gapBefore: 4) == "aaaabbb")
  }

  @Test("The score is the mean of those that voted, the probability that of the winner's votes over all")
  func means() throws {
    let votes = try run(of: 3, judgements("aabbb"), cuts: [5])
    #expect(votes.map(\.score) == [1, 1.5, 2, 3, 4])
    let expected: [Float] = [0.8, 0.8, 1.6 / 3, 1.6 / 3, 0.8]
    #expect(zip(votes, expected).allSatisfy { abs($0.probability - $1) < 1e-6 })
  }

  @Test("Votes do not depend on how scores were cut into cycles", arguments: 1...20)
  func cuts(seed: Int) throws {
    var random = SeededRandom(seed: UInt64(seed))
    let judgements = (0..<60).map { _ in
      Judgement(
        index: Int32.random(in: 0..<4, using: &random), probability: Float.random(in: 0.3...1, using: &random),
        score: Double.random(in: -3...3, using: &random))
    }
    var cuts: [Int] = []
    while cuts.reduce(0, +) < 60 { cuts.append(min(60 - cuts.reduce(0, +), Int.random(in: 0...9, using: &random))) }
    let size = Int.random(in: 1...12, using: &random)
    let votes = try run(of: Double(size), judgements, cuts: [60])
    #expect(try run(of: Double(size), judgements, cuts: cuts) == votes)
    for index in judgements.indices { #expect(votes[index].index == reference(judgements, index, size)) }
  }

  /// As documented: counts votes, then finds the latest.
  private func reference(_ judgements: [Judgement], _ index: Int, _ size: Int) -> Int32 {
    let window = judgements[max(0, index + 1 - size)...index].map(\.index)
    let counts = Dictionary(grouping: window) { $0 }.mapValues(\.count)
    let most = counts.values.max()!
    return window.last { counts[$0] == most }!
  }
}

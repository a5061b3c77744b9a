import Foundation
import GraphEngine
import TestSupport
import Testing

/// Random graphs, random edits, random moments: the records are those of the old graph up to the exchange and those of
/// the new one after it, token for token and bit for bit. AUSCULT_CASES sets the number; run thousands by hand.
@Suite struct RandomSwapTests {
  @Test func anyEditAtAnyMomentLosesNothing() throws {
    let cases = ProcessInfo.processInfo.environment["AUSCULT_CASES"].flatMap { Int($0) } ?? 60
    var random = SeededRandom.fresh()
    var exchanged = 0
    for _ in 0..<cases {
      var one = SeededRandom(seed: UInt64.random(in: 0..<1_000_000_000, using: &random))
      if try isExchanged(&one) { exchanged += 1 }
    }
    print("\(cases) swaps from seed \(random.seed), \(exchanged) of them came to an exchange")
    #expect(exchanged > cases / 2)
  }

  private func isExchanged(_ random: inout SeededRandom) throws -> Bool {
    let seed = random.seed
    let before = RandomGraph(&random)
    var after = before
    for _ in 0..<Int.random(in: 1...3, using: &random) { after.change(&random) }
    let frames = Int.random(in: 30_000...90_000, using: &random)
    var options = SwapOptions()
    options.probation = [0, 0.1, 5].randomElement(using: &random)!
    options.budget = .infinity
    var change = SwapCase(
      before: before.text, after: after.text, sound: random.noise(channels: before.channels, frames: frames),
      at: Int.random(in: 0...(frames - 10_000), using: &random), options: options)
    if Int.random(in: 0..<4, using: &random) == 0 {
      change.gap = (Int.random(in: 1000..<frames, using: &random), Int.random(in: 1...3000, using: &random))
    }
    let outcome = try change.run(&random, threads: [0, 1, 3].randomElement(using: &random)!)
    let status = try #require(outcome.status, "seed \(seed)")
    #expect(outcome.statistics.droppedTokens == 0, "seed \(seed)")
    guard let position = status.position else {
      SwapTests.expectSame(outcome.records, try change.reference(change.before).records, "seed \(seed), given up")
      return before.text == after.text
    }
    SwapTests.expectSame(
      outcome.records, try change.expected(at: Int(position)),
      "seed \(seed), at \(change.at), exchange at \(position), gap \(change.gap as Any)")
    return true
  }
}

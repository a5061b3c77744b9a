import Foundation
import GraphEngine
import TestSupport
import Testing

/// The cost of an exchange on the realtime thread. Prints figures; run by hand: AUSCULT_SWAPS=10000.
@Suite struct SwapCostTests {
  private static let swaps = ProcessInfo.processInfo.environment["AUSCULT_SWAPS"].flatMap { Int($0) }

  @Test(.enabled(if: swaps != nil)) func cyclesWithAnExchangeCostNoMore() throws {
    let swaps = Self.swaps ?? 0
    var random = SeededRandom(seed: 31)
    let sound = random.noise(channels: 2, frames: 64)
    let graphs = [
      SwapTests.graph(thread: "realtime"), SwapTests.graph(["weight": "2"], judge: "test.peak", thread: "realtime"),
    ]
    let run = try HandRun(graphs[0])
    let loaded = try graphs.map { try run.graph($0) }
    var options = SwapOptions()
    options.probation = 0
    options.budget = .infinity
    var (with, without): ([Int64], [Int64]) = ([], [])
    var done = 0
    var resident: [Int] = []
    while done < swaps {
      if !run.engine.isSwapping {
        done += 1
        try run.engine.apply(loaded[done % 2], options: options)
        if done == swaps / 10 || done == swaps { resident.append(Self.residentMegabytes) }
      }
      // Some cycles of a swap, and the same number without one.
      for _ in 0..<4 {
        let isSwapping = run.engine.isSwapping
        let before = run.engine.statistics.busyNanoseconds
        run.driver.feed(sound, period: 64)
        let cost = run.engine.statistics.busyNanoseconds - before
        if isSwapping { with.append(cost) } else { without.append(cost) }
        run.engine.service()
      }
      run.engine.drain()
    }
    let statistics = run.engine.statistics
    print(
      "\(done) swaps: p99.9 of cycles \(Self.high(with)) ns during swaps (\(with.count)),",
      "\(Self.high(without)) ns without (\(without.count)); resident \(resident) MB")
    #expect(statistics.droppedTokens == 0)
  }

  private static func high(_ times: [Int64]) -> Int64 {
    times.isEmpty ? 0 : times.sorted()[Int(Double(times.count - 1) * 0.999)]
  }

  private static var residentMegabytes: Int {
    let pages = (try? String(contentsOfFile: "/proc/self/statm", encoding: .utf8))?.split(separator: " ").dropFirst()
      .first
    return (pages.flatMap { Int($0) } ?? 0) * 4096 / 1_048_576
  }
}

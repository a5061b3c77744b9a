import GraphEngine
import TestSupport
import Testing

/// How long cycles took.
@Suite struct CycleTimeTests {
  @Test func withoutCycles() { #expect(CycleTimes().quantiles == CycleQuantiles()) }

  @Test(arguments: [1, 15, 16, 17, 31, 32, 1000, 123_456_789, 1 << 39, (1 << 40) - 1] as [Int64])
  func aTimeIsKnownToSixPerCent(nanoseconds: Int64) {
    let times = CycleTimes()
    for _ in 0..<10 { times.add(nanoseconds: nanoseconds) }
    times.add(nanoseconds: 1 << 41)
    let median = times.quantiles.median
    #expect(median >= nanoseconds && Double(median) <= Double(nanoseconds) * 1.0625)
    #expect(times.quantiles.longest == 1 << 41)
  }

  @Test func quantilesOfManyTimes() {
    let times = CycleTimes()
    for number in (1...10_000).shuffled() { times.add(nanoseconds: Int64(number) * 100) }
    let quantiles = times.quantiles
    for (found, exact) in [(quantiles.median, 500_000), (quantiles.p99, 990_000), (quantiles.p999, 999_000)] {
      #expect(Double(found) >= Double(exact) && Double(found) <= Double(exact) * 1.0625)
    }
    #expect(quantiles.longest == 1_000_000)
  }

  @Test func anEngineCountsItsCycles() throws {
    let graph = "graph: times\nnodes:\n  mic: { type: source }\n  out: { type: sink.null }\nlinks: mic -> out\n"
    let statistics = try runByHand(graph, feed: [.frames(256 * 100)]).statistics
    let times = statistics.cycleTimes
    #expect(statistics.cycles == 100)
    #expect(0 < times.median && times.median <= times.p99 && times.p99 <= times.p999 && times.p999 <= times.longest)
    #expect(times.longest <= statistics.busyNanoseconds)
  }
}

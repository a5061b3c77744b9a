import GraphEngine
import GraphText
import TestSupport
import Testing

/// A change that needs more memory than is available is refused, and the running graph continues.
@Suite struct SwapMemoryTests {
  @Test(arguments: [["length": "65536", "hop": "1"], ["length": "262144", "hop": "2"]])
  func aSwapThatIsTooLargeIsRefused(changes: [String: String]) throws {
    var random = SeededRandom.fresh()
    print("seed \(random.seed)")
    let sound = SwapTests.sound(&random, frames: 40_000)
    let whole = try runByHand(SwapTests.graph(), feed: [.samples(sound)])
    let run = try HandRun(SwapTests.graph(), memory: .bytes(64 << 20))
    run.driver.feed(sound.map { Array($0[..<20_000]) }, period: 256)
    let error = #expect(throws: DiagnosticsError.self) { try run.engine.apply(try run.graph(SwapTests.graph(changes))) }
    let message = try #require(error?.diagnostics.first)
    #expect(message.code == "memory" && message.location != nil)
    #expect(message.message.contains("besides the running graph"), "\(message.message)")
    run.driver.feed(sound.map { Array($0[20_000...]) }, period: 256)
    run.driver.finish()
    let strip = { (line: String) in line.replacing(/"time":"[^"]*",/, with: "") }
    #expect(run.records("log.jsonl").map(strip) == whole.lines("log.jsonl").map(strip))
  }
}

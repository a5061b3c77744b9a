import Foundation
import TestSupport
import Testing

@Suite struct JoinTests {
  /// Two paths of different latency are joined at equal positions.
  @Test func aDiamondJoinsByPosition() throws {
    let graph = """
      graph: diamond
      nodes:
        mic: { type: source }
        up: { type: resample, rate: 96 kHz }
        down: { type: resample, rate: 48 kHz }
        straight: { type: gain, gain: -1 }
        both: { type: mix, weights: [1, 1] }
        out: { type: sink.npy, path: "${env:OUT}/out.npy" }
      links:
        - mic -> up -> down -> both -> out
        - mic -> straight -> both
      """
    var random = SeededRandom.fresh()
    print("seed \(random.seed)")
    // A slow sine: through both resamplers it comes out unchanged, so that the difference is near silence.
    let sound = (0..<20_000).map { Float(sin(Double($0) * 0.05)) * 0.5 }
    let result = try runByHand(graph, feed: [.samples([sound])]) { random.period() }
    let values = result.files["out.npy"]!.dropFirst(128).withUnsafeBytes { Array($0.bindMemory(to: Float.self)) }
    #expect(values.count == 20_000)
    #expect(values[2000..<18_000].allSatisfy { abs($0) < 1e-4 })
    let again = try runByHand(graph, feed: [.samples([sound])]) { 1 }
    #expect(again.files["out.npy"] == result.files["out.npy"])
    let onWorkers = try runByHand(
      graph.replacing("both: { type", with: "both: { thread: worker, type"), feed: [.samples([sound])]
    ) { random.period() }
    #expect(onWorkers.files["out.npy"] == result.files["out.npy"])
  }

  @Test func behindAGapTheDiamondFindsItselfAgain() throws {
    let graph = """
      graph: diamond
      nodes:
        mic: { type: source }
        up: { type: resample, rate: 96 kHz }
        down: { type: resample, rate: 48 kHz }
        both: { type: mix, weights: [1, -1] PLACE }
        out: { type: sink.npy, path: "${env:OUT}/out.npy" }
      links:
        - mic -> up -> down -> both -> out
        - mic -> both
      """
    let sound = (0..<20_000).map { Float(sin(Double($0) * 0.05)) * 0.5 }
    let feed: [Feed] = [.samples([Array(sound[..<8_000])]), .gap(500), .samples([Array(sound[8_000...])])]
    let realtime = try runByHand(graph.replacing("PLACE", with: ""), feed: feed) { 100 }
    let workers = try runByHand(graph.replacing("PLACE", with: ", thread: worker"), feed: feed) { 64 }
    #expect(realtime.files["out.npy"] == workers.files["out.npy"])
    let count = (realtime.files["out.npy"]!.count - 128) / 4
    // Samples that the resamplers held at the gap found no partner: they are counted.
    #expect(count + Int(realtime.statistics.unmatched) == 20_000)
    #expect(realtime.statistics.unmatched > 0)
  }

  @Test func inputsThatCanNeverMatchAreRefused() throws {
    let graph = """
      graph: never
      nodes:
        mic: { type: source }
        down: { type: resample, rate: 16 kHz }
        both: { type: mix }
        out: { type: sink.null }
      links:
        - mic -> down -> both -> out
        - mic -> both
      """
    let error = #expect(throws: (any Error).self) { try runByHand(graph, feed: []) }
    #expect("\(error!)".contains("'both' can never match its inputs"))
    #expect("\(error!)".contains("graph.yaml:9:"))
  }

  /// A node that fails before a join blocks neither the other path nor the end of the stream.
  @Test(arguments: [("realtime", "realtime"), ("realtime", "worker"), ("worker", "worker")], [true, false])
  func aFailedInputKeepsNothingWaiting(threads: (String, String), finish: Bool) throws {
    let (pass, mix) = threads
    let graph = """
      graph: failing
      nodes:
        mic: { type: source }
        pass: { type: test.pass, library: \(BuildFolder.path)/libtestplugin-faulty.so, after: 5, thread: \(pass) }
        both: { type: mix, weights: [1, 1], thread: \(mix) }
        out: { type: sink.npy, path: "${env:OUT}/out.npy" }
      links: [ mic -> pass -> both -> out, mic -> both ]
      """
    var random = SeededRandom(seed: 2)
    // More than any queue holds.
    let result = try runByHand(graph, feed: [.samples(random.noise(frames: 400_000))], finish: finish)
    #expect(result.files["out.npy"]?.count == 128 + 5 * 256 * 4)
    #expect(result.statistics.unmatched > 380_000)
  }

  /// Stopping never waits for a partner that can't come any more.
  @Test(arguments: ["realtime", "worker"]) func aStopBehindAGapEnds(mix: String) throws {
    let graph = """
      graph: stopping
      nodes:
        mic: { type: source }
        up: { type: resample, rate: 96 kHz }
        down: { type: resample, rate: 48 kHz }
        both: { type: mix, thread: \(mix) }
        out: { type: sink.npy, path: "${env:OUT}/out.npy" }
      links: [ mic -> up -> down -> both -> out, mic -> both ]
      """
    var random = SeededRandom(seed: 3)
    let feed: [Feed] = [.samples(random.noise(frames: 8_000)), .gap(500), .samples(random.noise(frames: 10))]
    let result = try runByHand(graph, feed: feed, finish: false) { 100 }
    #expect(result.statistics.gaps == 1)
    #expect(result.statistics.unmatched > 0)
  }
}

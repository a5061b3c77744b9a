import Foundation
import GraphEngine
import TestSupport
import Testing

/// A node that yields values that are not finite is quarantined, unless its input is at fault.
@Suite struct ValueTests {
  private static let library = "library: \(BuildFolder.path)/libtestplugin-faulty.so"
  private static let reason =
    "error bad: yields what is not finite, from finite input; the node is quarantined, the graph runs on"

  private func noise(_ frames: Int) -> [[Float]] {
    var random = SeededRandom(seed: 1)
    return random.noise(frames: frames)
  }

  /// Samples of a file of one channel of 32-bit floats.
  private func values(_ data: Data?) -> [Float] {
    guard let data, data.count > 128 else { return [] }
    return data.dropFirst(128).withUnsafeBytes { bytes in
      stride(from: 0, to: bytes.count - 3, by: 4).map { bytes.loadUnaligned(fromByteOffset: $0, as: Float.self) }
    }
  }

  /// On a worker no such value leaves the node; on the audio thread it is found within 32 quanta.
  @Test(arguments: ["realtime", "worker"], [64, 256]) func ofAudio(thread: String, period: Int) throws {
    let graph = """
      graph: values
      nodes:
        mic: { type: source }
        bad: { type: test.taint, \(Self.library), fault: nan, after: 5, thread: \(thread) }
        sound: { type: sink.npy, path: "${env:OUT}/sound.npy" }
        judge: { type: test.faulty, \(Self.library) }
        scores: { type: sink.jsonl, path: "${env:OUT}/scores.jsonl" }
      links: [ mic -> bad -> sound, bad -> judge -> scores ]
      """
    let result = try runByHand(graph, feed: [.samples(noise(64_000))], period: { period })
    #expect(result.log == [Self.reason])
    let sound = values(result.files["sound.npy"])
    #expect(sound.count >= 5 * period && sound.count <= (5 + 33) * period, "\(sound.count)")
    #expect(sound.count { !$0.isFinite } == (thread == "worker" ? 0 : sound.count / period - 5))
    let gaps = try result.lines("scores.jsonl").map {
      try JSONDecoder().decode(GapTests.Line.self, from: Data($0.utf8))
    }.filter { $0.kind == "gap" }
    #expect(gaps.allSatisfy { $0.cause == "node" && $0.node == "bad" } && gaps.last?.end == 64_000, "\(gaps)")
    #expect(gaps.first?.begin == sound.count)
  }

  /// Most calls yield no token: the node's turn comes with its first one that is due.
  @Test(arguments: ["realtime", "worker"]) func ofSparseTokens(thread: String) throws {
    let graph = """
      graph: values
      nodes:
        mic: { type: source }
        stft: { type: stft, length: 2048, hop: 2048, center: false }
        mel: { type: mel, bands: 8 }
        bad: { type: test.taint, \(Self.library), fault: nan, after: 3, thread: \(thread) }
        out: { type: sink.npy, path: "${env:OUT}/out.npy" }
      links: [ mic -> stft -> mel -> bad -> out ]
      """
    let result = try runByHand(graph, feed: [.samples(noise(64_000))], period: { 64 })
    #expect(result.log == [Self.reason])
    let tokens = values(result.files["out.npy"])
    // Each token comes after 32 quanta, so each is looked at, or the next one is.
    #expect(tokens.count % 8 == 0 && (3...6).contains(tokens.count / 8), "\(tokens.count)")
    if thread == "worker" { #expect(tokens.count == 3 * 8 && tokens.allSatisfy(\.isFinite)) }
  }

  /// Infinity comes from the seventh gain; the nodes after it, and a detector's scores, are not to blame.
  @Test(arguments: ["realtime", "worker"]) func onlyTheFirstNodeIsToBlame(thread: String) throws {
    let gains = (0..<8).map { "gain\($0)" }
    let graph = """
      graph: loud
      nodes:
        mic: { type: source }
      \(gains.map { "  \($0): { type: gain, gain: 1e6 }" }.joined(separator: "\n"))
        judge: { type: test.faulty, \(Self.library), thread: \(thread) }
        scores: { type: sink.jsonl, path: "${env:OUT}/scores.jsonl" }
      links: [ mic -> \(gains.joined(separator: " -> ")) -> judge -> scores ]
      """
    let run = try HandRun(graph)
    run.driver.feed(noise(25_600), period: 256)
    run.driver.finish()
    run.engine.service()
    #expect(
      run.messages.sorted() == [
        "error gain6: yields what is not finite, from finite input; the node is quarantined, the graph runs on",
        "warning judge: gets input that is not finite: its scores of it are left out; a node before it is at fault",
      ])
    let lines = try run.records("scores.jsonl").map {
      try JSONDecoder().decode(GapTests.Line.self, from: Data($0.utf8))
    }
    #expect(lines.allSatisfy { $0.kind == "gap" && $0.cause == "node" })
    #expect(lines.first?.begin == 0 && lines.last?.end == 25_600)
    #expect(zip(lines, lines.dropFirst()).allSatisfy { $0.end == $1.begin })
  }

  /// What another program sends is no node's fault. A node that keeps it for ever is.
  @Test(arguments: ["none", "poison"]) func ofTheDriver(fault: String) throws {
    let graph = """
      graph: sent
      nodes:
        wire: { type: test.wire, \(Self.library) }
        bad: { type: test.taint, \(Self.library), fault: \(fault) }
        sound: { type: sink.npy, path: "${env:OUT}/sound.npy" }
      links: wire -> bad -> sound
      """
    var samples = noise(64_000)
    for index in 6400..<32_000 { samples[0][index] = .nan }
    let result = try runByHand(graph, feed: [.samples(samples)], period: { 64 })
    let told = result.log.filter { $0.hasPrefix("warning wire: gets samples that are not finite") }
    #expect(told.count == 1 && result.statistics.notFiniteInputs > 5, "\(result.log)")
    #expect(result.log.filter { $0.hasPrefix("error") } == (fault == "none" ? [] : [Self.reason]))
    let sound = values(result.files["sound.npy"])
    #expect(fault == "none" ? sound.count == 64_000 : (32_000..<32_000 + 34 * 64).contains(sound.count))
  }

  /// One value of 1,000 in a block, at any place, and blocks of all lengths.
  @Test func isFoundAnywhere() throws {
    let graph = """
      graph: anywhere
      nodes:
        wire: { type: test.wire, \(Self.library) }
        out: { type: sink.null }
      links: wire -> out
      """
    for length in [1, 7, 31, 32, 33, 100] {
      for place in Set([0, length / 2, length - 1]) {
        for value in [Float.nan, .infinity, -.infinity] {
          let run = try HandRun(graph)
          var samples = [Float](repeating: 3e38, count: length)
          run.driver.feed([samples], period: length)
          #expect(run.engine.statistics.notFiniteInputs == 0)
          for _ in 0..<32 { run.driver.feed([samples], period: length) }
          samples[place] = value
          for _ in 0..<32 { run.driver.feed([samples], period: length) }
          #expect(run.engine.statistics.notFiniteInputs == 1, "\(length) \(place) \(value)")
          run.driver.finish()
        }
      }
    }
  }
}

import Foundation
import TestSupport
import Testing

/// The nodes in C and C++ in graphs, between nodes in Swift: loaded by `library:`.
@Suite struct ForeignGraphTests {
  @Test func nodeInCBetweenSourceAndSink() throws {
    var random = SeededRandom.fresh()
    print("seed \(random.seed)")
    let samples = random.noise(channels: 2, frames: 5000)
    let result = try runByHand(
      """
      graph: c
      nodes:
        mic:    { type: source, channels: 2 }
        invert: { type: test.c.invert, library: \(BuildFolder.path)/libtestplugin-c.so, scale: 0.5 }
        out:    { type: sink.audio }
      links: [mic -> invert -> out]
      """, feed: [.samples(samples)], period: { random.period() })
    let expected = samples.map { $0.map { -0.5 * $0 } }
    #expect(result.played == expected)
  }

  @Test func nodeInCxxBehindTheMels() throws {
    var random = SeededRandom.fresh()
    print("seed \(random.seed)")
    let result = try runByHand(
      """
      graph: cxx
      nodes:
        mic:    { type: source }
        stft:   { type: stft, length: 512, hop: 256 }
        mel:    { type: mel, bands: 8 }
        smooth: { type: test.cxx.smooth, library: \(BuildFolder.path)/libtestplugin-cxx.so, amount: 25 % }
        plain:  { type: sink.npy, path: "${env:OUT}/plain.npy" }
        smoothed: { type: sink.npy, path: "${env:OUT}/smooth.npy" }
      links: [mic -> stft -> mel -> smooth -> smoothed, mel -> plain]
      """, feed: [.samples(random.noise(frames: 20_000))], period: { random.period() })
    let plain = floats(result.files["plain.npy"])
    let smooth = floats(result.files["smooth.npy"])
    #expect(plain.count > 8 * 50 && plain.count == smooth.count)
    var expected = Array(plain.prefix(8))
    for token in stride(from: 8, to: plain.count - 7, by: 8) {
      for band in 0..<8 {
        let last = expected[token + band - 8]
        expected.append(last + (plain[token + band] - last) * 0.25)
      }
    }
    let largest = zip(smooth, expected).map { abs($0 - $1) }.max() ?? .infinity
    #expect(largest <= 1e-5 * (plain.max() ?? 0))
  }

  /// The values of a .npy file of version 1 with float32 values.
  private func floats(_ data: Data?) -> [Float] {
    guard let data, data.count > 10 else { return [] }
    let start = 10 + Int(data[8]) + Int(data[9]) << 8
    return stride(from: start, to: data.count - 3, by: 4).map { place in
      data.withUnsafeBytes { $0.loadUnaligned(fromByteOffset: place, as: Float.self) }
    }
  }
}

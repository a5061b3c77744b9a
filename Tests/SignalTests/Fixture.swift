import Foundation
import TestSupport

/// An array that librosa's script has made.
struct Fixture {
  let shape: [Int]
  let values: [Float]

  /// Loads `<name>.npy` from Tests/Fixtures/librosa: float32, or 16-bit integers as samples of [-1, 1).
  init(_ name: String) throws {
    let folder = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../Fixtures/librosa")
    let bytes = try Data(contentsOf: folder.appending(path: "\(name).npy"))
    let length = Int(bytes[8]) | Int(bytes[9]) << 8
    let header = String(decoding: bytes[10..<(10 + length)], as: UTF8.self)
    let list = header[header.firstIndex(of: "(")!...].dropFirst().prefix { $0 != ")" }
    shape = list.split(separator: ",").compactMap { Int($0.trimmingCharacters(in: .whitespaces)) }
    let count = shape.reduce(1, *)
    let data = [UInt8](bytes[(10 + length)...])
    values = data.withUnsafeBytes { raw in
      (0..<count).map { index in
        header.contains("<i2")
          ? Float(raw.loadUnaligned(fromByteOffset: index * 2, as: Int16.self)) / 32768
          : raw.loadUnaligned(fromByteOffset: index * 4, as: Float.self)
      }
    }
  }
}

/// A seeded generator (SplitMix64). Tests print the seed, so that a failure can be had again.
struct Random: RandomNumberGenerator {
  let seed: UInt64
  private var state: UInt64

  /// `AUSCULT_SEED` in the environment repeats a run.
  init(_ name: String) {
    let given = ProcessInfo.processInfo.environment["AUSCULT_SEED"].flatMap { UInt64($0) }
    seed = given ?? UInt64.random(in: 0...UInt64.max)
    state = seed
    print("\(name): AUSCULT_SEED=\(seed)")
  }

  mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var z = state
    z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
    z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
    return z ^ (z >> 31)
  }

  mutating func int(_ range: ClosedRange<Int>) -> Int { Int.random(in: range, using: &self) }

  /// Spread evenly over the orders of magnitude: small numbers come as often as large ones.
  mutating func scaled(_ range: ClosedRange<Int>) -> Int {
    let exponent = Double.random(in: 0...log2(Double(range.upperBound - range.lowerBound + 1)), using: &self)
    return min(range.upperBound, range.lowerBound + Int(exp2(exponent)) - 1)
  }

  mutating func noise(_ count: Int) -> [Float] { (0..<count).map { _ in Float.random(in: -1...1, using: &self) } }
}

/// Runs a stream through nodes, one after the other, each fed in periods of its own.
func chain(_ stream: BenchStream, _ nodes: [NodeBench], period: () -> Int) throws -> BenchStream {
  try nodes.reduce(stream) { stream, node in
    try node.start(stream.format)
    return try node.run(stream, period: period)
  }
}

func decibel(_ power: Float) -> Double { 10 * log10(max(1e-10, Double(power))) }

/// Greatest difference of two arrays; infinite when one has a NaN, or they differ in length.
func difference(_ a: [Float], _ b: [Float], by scale: (Float) -> Double = { Double($0) }) -> Double {
  guard a.count == b.count else { return .infinity }
  let differences = zip(a, b).map { abs(scale($0) - scale($1)) }
  return differences.contains(where: \.isNaN) ? .infinity : differences.max() ?? 0
}

import Foundation
import TestSupport

/// An array from librosa's script.
struct Fixture {
  let shape: [Int]
  let values: [Float]

  /// Loads `<name>.npy` from Tests/Fixtures/librosa: float32, or 16-bit integers as samples of [-1, 1).
  init(_ name: String) throws {
    let file = BuildFolder.package + "/Tests/Fixtures/librosa/\(name).npy"
    self.init(bytes: try Data(contentsOf: URL(filePath: file)))
  }

  /// Reads version 1 of the format, row by row.
  init(bytes: Data) {
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

extension SeededRandom {
  /// A generator whose seed is printed, so that AUSCULT_SEED repeats a failure.
  init(printing name: String) {
    self = .fresh()
    print("\(name): AUSCULT_SEED=\(seed)")
  }

  mutating func int(_ range: ClosedRange<Int>) -> Int { Int.random(in: range, using: &self) }

  /// Spread evenly over the orders of magnitude: small numbers are as frequent as large ones.
  mutating func scaled(_ range: ClosedRange<Int>) -> Int {
    let exponent = Double.random(in: 0...log2(Double(range.upperBound - range.lowerBound + 1)), using: &self)
    return min(range.upperBound, range.lowerBound + Int(exp2(exponent)) - 1)
  }

  /// Samples, or any values, of [-1, 1].
  mutating func values(_ count: Int) -> [Float] { noise(frames: count, level: 1)[0] }
}

/// Runs a stream through nodes, one after the other, each with its own periods.
func chain(_ stream: RigStream, _ nodes: [StreamRig], period: () -> Int) throws -> RigStream {
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

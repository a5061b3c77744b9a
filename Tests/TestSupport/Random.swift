import Foundation

/// Random numbers from a seed (SplitMix64): a test prints the seed, so that a failure can be repeated.
public struct SeededRandom: RandomNumberGenerator {
  private var state: UInt64
  public let seed: UInt64

  public init(seed: UInt64) {
    self.seed = seed
    state = seed
  }

  /// A seed from AUSCULT_SEED, or a fresh one.
  public static func fresh() -> SeededRandom {
    SeededRandom(seed: environmentSeed ?? UInt64.random(in: 0..<1_000_000_000))
  }

  public mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var z = state
    z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
    z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
    return z ^ (z >> 31)
  }

  /// White noise [channel][frame] in [-level, level].
  public mutating func noise(channels: Int = 1, frames: Int, level: Float = 0.5) -> [[Float]] {
    (0..<channels).map { _ in (0..<frames).map { _ in Float.random(in: -level...level, using: &self) } }
  }

  /// A random period size; small sizes are as frequent as large ones.
  public mutating func period() -> Int {
    let power = Double.random(in: 0...13, using: &self)
    return max(1, min(8192, Int(2.0.power(power))))
  }
}

private let environmentSeed = ProcessInfo.processInfo.environment["AUSCULT_SEED"].flatMap { UInt64($0) }

extension Double {
  fileprivate func power(_ exponent: Double) -> Double { pow(self, exponent) }
}

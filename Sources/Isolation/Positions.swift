/// Frame positions of a node's process. One may be anything, and records turn them into nanoseconds with 64 bits.
enum Positions {
  private static let bitsOfSeconds = 32

  /// No stream reaches as far: 136 years, and 2^54 frames at most.
  static func farthest(rate: UInt32) -> Int64 { Int64(min(max(1, rate), 1 << 22)) << bitsOfSeconds }
}

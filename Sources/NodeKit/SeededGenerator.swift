/// Random numbers that a seed reproduces on any computer: SplitMix64 (Steele, Lea, Flood 2014). Do not use the standard
/// library's shuffles and ranges with it: their algorithms may change.
public struct SeededGenerator: Sendable {
  private var state: UInt64

  public init(seed: UInt64) { state = seed }

  public mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var z = state
    z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
    z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
    return z ^ (z >> 31)
  }

  /// In [0, 1).
  public mutating func unit() -> Double { Double(next() >> 11) * 0x1p-53 }

  /// In 0..<count. The bias is below count / 2^53.
  public mutating func index(_ count: Int) -> Int { min(count - 1, Int(unit() * Double(count))) }

  /// A permutation of 0..<count (Fisher and Yates).
  public mutating func permutation(_ count: Int) -> [Int] {
    var order = Array(0..<count)
    for last in stride(from: count - 1, to: 0, by: -1) { order.swapAt(last, index(last + 1)) }
    return order
  }
}

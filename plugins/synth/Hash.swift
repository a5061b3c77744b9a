/// Random numbers that depend on a place only, not on earlier draws: any sample can be computed alone.
enum Hash {
  /// 64 well-mixed bits of a key and a place (the finaliser of splitmix64).
  @inline(__always) @_noLocks @_noAllocation
  static func bits(_ key: UInt64, _ place: UInt64) -> UInt64 {
    var z = key &+ place &* 0x9e37_79b9_7f4a_7c15
    z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
    z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
    return z ^ (z >> 31)
  }

  /// Uniform in [0, 1).
  @inline(__always) @_noLocks @_noAllocation
  static func uniform(_ key: UInt64, _ place: UInt64) -> Double { Double(bits(key, place) >> 11) * 0x1p-53 }

  /// Triangular in [-1, 1], of mean 0 and variance 1/6.
  @inline(__always) @_noLocks @_noAllocation
  static func triangular(_ key: UInt64, _ place: UInt64) -> Double {
    uniform(key, 2 &* place) + uniform(key, 2 &* place &+ 1) - 1
  }

  /// Triangular noise of mean 0 and variance 1, from 32-bit arithmetic that fits vectors.
  @inline(__always) @_noLocks @_noAllocation
  static func noise(_ first: UInt32, _ second: UInt32, _ place: UInt32) -> Float {
    var x = place &+ first
    x = (x ^ (x >> 16)) &* 0x7feb_352d
    x ^= second
    x = (x ^ (x >> 15)) &* 0x846c_a68b
    x ^= x >> 16
    let sum = Int32(bitPattern: (x & 0xffff) &+ (x >> 16)) &- 65535
    return Float(sum) * 3.737_7e-5  // sqrt(6) / 65536
  }
}

/// The greatest whole number at or below x. (The compiler refuses `rounded(.down)` in realtime code.)
@inline(__always) @_noLocks @_noAllocation
func wholePart(_ x: Double) -> Int64 {
  let toward = Int64(x)
  return Double(toward) > x ? toward - 1 : toward
}

/// The fraction of a number of turns, in 1 / 2^64.
@inline(__always) @_noLocks @_noAllocation
func turns(_ number: Double) -> UInt64 { UInt64((number - Double(wholePart(number))) * 0x1p63) << 1 }

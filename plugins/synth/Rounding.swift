/// The greatest whole number that is not above x. (`rounded(.down)` is not accepted in realtime code.)
@inline(__always) @_noLocks @_noAllocation
func wholePart(_ x: Double) -> Int64 {
  let toward = Int64(x)
  return Double(toward) > x ? toward - 1 : toward
}

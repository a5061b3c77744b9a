/// a / b rounded down, for b > 0.
@inline(__always) @_noLocks @_noAllocation
func floorDivide(_ a: Int64, _ b: Int64) -> Int64 { a >= 0 ? a / b : -((b - 1 - a) / b) }

/// a / b rounded up, for b > 0.
@inline(__always) @_noLocks @_noAllocation
func ceilDivide(_ a: Int64, _ b: Int64) -> Int64 { a >= 0 ? (a + b - 1) / b : -(-a / b) }

final class Good {
  let values: UnsafeMutablePointer<Float>
  let count: Int

  init(count: Int) {
    values = .allocate(capacity: count)
    values.initialize(repeating: 1, count: count)
    self.count = count
  }

  deinit { values.deallocate() }

  @_noLocks @_noAllocation
  func process() -> Float {
    var sum: Float = 0
    for index in 0..<count { sum += values[index] }
    return sum
  }
}

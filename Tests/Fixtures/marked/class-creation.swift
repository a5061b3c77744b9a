final class Made {}

final class Bad {
  @_noLocks @_noAllocation
  func process() -> Bool { Made() === Made() }
}

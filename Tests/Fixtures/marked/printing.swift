final class Bad {
  @_noLocks @_noAllocation
  func process() { print("cycle") }
}

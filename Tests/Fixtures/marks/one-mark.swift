final class Bad: Node {
  @_noLocks
  override func process(_ cycle: Cycle) {}

  @_noAllocation override func reset() {}
}

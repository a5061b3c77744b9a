final class Bad: Node {
  // @_noLocks @_noAllocation
  override func process(_ cycle: Cycle) {}
  /* @_noLocks */ @_noAllocation override func reset() {}
}

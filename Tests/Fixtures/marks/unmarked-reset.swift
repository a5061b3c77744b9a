final class Bad: Node {
  @_noLocks @_noAllocation
  override func process(_ cycle: Cycle) {}

  public override func `reset`() {}
}

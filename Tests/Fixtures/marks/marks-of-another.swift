final class Bad: Node {
  @_noLocks @_noAllocation
  func helper(_ label: String = "\("(")") {") {}
  override
  func process(_ cycle: Cycle) {}

  @_noLocks @_noAllocation
  private var count: Int { 0 }
  override func reset() {}
}

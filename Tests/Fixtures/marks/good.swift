final class Good: Node {
  private let text = "override func process(_ cycle: Cycle) {} \(names.map { "override func reset() {" }) /*"
  private let long = #"""
    override func process() { \#(call(")")) "quoted"
    """#

  // override func process(_ cycle: Cycle) {}
  /* override func reset() {} /* nested */ override func reset() {} */

  @_noLocks @_noAllocation
  override func process(_ cycle: Cycle) {}

  @available(*, deprecated, message: "override func process()")
  @_noAllocation  // why
  @_noLocks
  public final override func
    reset()
  {}

  func process(_ sample: Float) {}
  override func processed() {}
  override func activate() {}
}

final class Bad: Node {
  override func process(_ cycle: Cycle) {}
}

class Base {
  @_noLocks @_noAllocation
  func process() {}
}

final class Bad {
  let base: Base
  init(_ base: Base) { self.base = base }

  @_noLocks @_noAllocation
  func process() { base.process() }
}

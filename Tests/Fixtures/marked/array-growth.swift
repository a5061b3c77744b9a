final class Bad {
  var list: [Int] = []

  @_noLocks @_noAllocation
  func process() { list.append(1) }
}

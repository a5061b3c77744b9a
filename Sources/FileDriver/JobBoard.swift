import SystemCalls

/// The lock and the condition of all jobs of a run, and the number of jobs that may compute.
///
/// Thread: any.
final class JobBoard: @unchecked Sendable {
  private let condition = Condition()
  /// Under the condition's lock.
  private var free: Int

  init(slots: Int) { free = slots }

  func withLock<Result>(_ body: () -> Result) -> Result {
    condition.lock()
    defer { condition.unlock() }
    return body()
  }

  /// Changes what others wait for.
  func change(_ body: () -> Void) {
    withLock(body)
    condition.broadcast()
  }

  /// Waits until `isDone`, which is called under the lock; at most `seconds`.
  ///
  /// - Returns: false if the time is over.
  @discardableResult
  func wait(seconds: Double? = nil, until isDone: () -> Bool) -> Bool {
    let deadline = seconds.map { Condition.Deadline(in: $0) }
    condition.lock()
    defer { condition.unlock() }
    while !isDone() {
      if let deadline {
        guard condition.wait(until: deadline) else { return isDone() }
      } else {
        condition.wait(seconds: 1)
      }
    }
    return true
  }

  /// Takes a slot as soon as there is one.
  ///
  /// - Parameter isNeedless: the caller no longer needs one. Called under the lock.
  /// - Returns: whether it took a slot.
  func takeSlot(unless isNeedless: () -> Bool) -> Bool {
    var isTaken = false
    wait {
      if isNeedless() { return true }
      isTaken = free > 0
      if isTaken { free -= 1 }
      return isTaken
    }
    return isTaken
  }

  func giveSlot() { change { free += 1 } }
}

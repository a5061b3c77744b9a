import Glibc
import Synchronization
import SystemCalls

/// The turn of running or changing a worker's node. At most one thread has it. Another thread may give it back if its
/// owner does not return.
///
/// A thread that waits for the turn goes before threads that only try, so that a busy node can still be changed.
final class Turn: @unchecked Sendable {
  private let condition = Condition()
  // Under the condition's lock.
  private var isTaken = false
  private let waiters = Atomic<Int>(0)

  /// Another thread waits for the turn. The owner gives it back soon.
  var isAwaited: Bool { waiters.load(ordering: .relaxed) > 0 }

  /// Takes the turn if no thread has it or waits for it.
  func tryTake() -> Bool {
    condition.lock()
    defer { condition.unlock() }
    if isTaken || isAwaited { return false }
    isTaken = true
    return true
  }

  /// Takes the turn as soon as it is free; false: it was not free within `seconds`.
  func take(seconds: Double) -> Bool {
    condition.lock()
    defer { condition.unlock() }
    if isTaken { wait(until: Condition.Deadline(in: seconds)) }
    if isTaken { return false }
    isTaken = true
    return true
  }

  private func wait(until limit: Condition.Deadline) {
    waiters.add(1, ordering: .relaxed)
    while isTaken, condition.wait(until: limit) {}
    waiters.subtract(1, ordering: .relaxed)
  }

  func giveBack() {
    condition.lock()
    isTaken = false
    condition.signal()
    condition.unlock()
  }
}

import Foundation
import Synchronization

/// Whose turn it is at a worker's node: at most one thread's. Another thread than the one that has it may give it back, for
/// one that does not return.
///
/// Whoever waits for it comes before those that only try: a node that is always busy can still be changed.
final class Turn: @unchecked Sendable {
  private let condition = NSCondition()
  // Under the condition's lock.
  private var isTaken = false
  private let waiters = Atomic<Int>(0)

  /// Another thread waits for it. Whoever has it gives it back soon.
  var isAwaited: Bool { waiters.load(ordering: .relaxed) > 0 }

  /// Takes it, if nobody has it or waits for it.
  func tryTake() -> Bool {
    condition.lock()
    defer { condition.unlock() }
    if isTaken || isAwaited { return false }
    isTaken = true
    return true
  }

  /// Takes it as soon as nobody has it; false: somebody had it for so many seconds.
  func take(seconds: Double) -> Bool {
    condition.lock()
    defer { condition.unlock() }
    if isTaken { wait(until: Date(timeIntervalSinceNow: seconds)) }
    if isTaken { return false }
    isTaken = true
    return true
  }

  private func wait(until limit: Date) {
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

import Foundation

/// Whose turn it is at a worker's node: at most one thread's. Another thread than the one that has it may give it back, for
/// one that does not return.
final class Turn: @unchecked Sendable {
  private let condition = NSCondition()
  // Under the condition's lock.
  private var isTaken = false

  /// Takes it, if nobody has it.
  func tryTake() -> Bool {
    condition.lock()
    defer { condition.unlock() }
    if isTaken { return false }
    isTaken = true
    return true
  }

  /// Takes it as soon as nobody has it; false: somebody had it for so many seconds.
  func take(seconds: Double) -> Bool {
    let limit = Date(timeIntervalSinceNow: seconds)
    condition.lock()
    defer { condition.unlock() }
    while isTaken, condition.wait(until: limit) {}
    if isTaken { return false }
    isTaken = true
    return true
  }

  func giveBack() {
    condition.lock()
    isTaken = false
    condition.signal()
    condition.unlock()
  }
}

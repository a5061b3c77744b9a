import Glibc

/// Waits for a condition that no event announces: the end of another program's lock, a file of jackd, an answer of a graph
/// that is starting. Where the system has an event (a descriptor, a child's end, a semaphore), wait for the event instead.
///
/// Thread: any but the realtime thread.
public enum Polling {
  /// Checks a condition until it holds, at most until a deadline.
  ///
  /// - Parameters:
  ///   - seconds: the longest time to wait. The condition is checked at least once.
  ///   - interval: the time between two checks.
  /// - Returns: whether the condition holds.
  public static func wait<Problem>(
    seconds: Double, every interval: Duration, until condition: () throws(Problem) -> Bool
  ) throws(Problem) -> Bool {
    let deadline = ContinuousClock.now + .seconds(min(seconds, 1e9))
    while true {
      if try condition() { return true }
      if ContinuousClock.now >= deadline { return false }
      pause(interval)
    }
  }

  /// Pauses between two checks or two updates of a screen. A signal does not shorten it.
  public static func pause(_ duration: Duration) {
    let (seconds, attoseconds) = duration.components
    guard seconds >= 0, attoseconds >= 0 else { return }
    var left = timespec(tv_sec: Int(seconds), tv_nsec: Int(attoseconds / 1_000_000_000))
    withUnsafeMutablePointer(to: &left) { while clock_nanosleep(CLOCK_MONOTONIC, 0, $0, $0) == EINTR {} }
  }
}

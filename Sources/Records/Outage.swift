import Glibc
import OutputFiles

/// A time in which an output can't be written: said once, tried again with growing pauses.
public struct Outage {
  /// Seconds from one attempt to the next: the first, and the most.
  private static let pauses = 0.5...30

  private var pause = Outage.pauses.lowerBound
  private var next = 0.0
  private var began: Double?

  public init() {}

  public var isOn: Bool { began != nil }
  /// The next attempt is due, or there was no failure.
  public var isDue: Bool { began == nil || Outage.now >= next }

  /// Notes a failed attempt.
  ///
  /// - Returns: what to say: at the first one.
  public mutating func fail(_ problem: FileProblem) -> String? {
    let isFirst = began == nil
    let now = Outage.now
    if isFirst {
      began = now
      pause = Outage.pauses.lowerBound
    } else {
      pause = min(pause * 2, Outage.pauses.upperBound)
    }
    // A reader that is slow is no fault: it is looked at again at once.
    next = problem.code == EAGAIN ? now : now + pause
    return isFirst ? "\(problem.description). It is tried again; everything else goes on" : nil
  }

  /// Notes that it can be written again.
  ///
  /// - Returns: after how many seconds; nil: there was no failure.
  public mutating func end() -> Double? {
    guard let began else { return nil }
    self.began = nil
    return Outage.now - began
  }

  private static var now: Double {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
  }
}

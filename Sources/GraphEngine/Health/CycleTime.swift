import Glibc

/// How long a cycle took, in nanoseconds.
public struct CycleTime: Sendable {
  /// Of the thread: what other programs take of the core is not in it.
  public var processor: Int64
  public var elapsed: Int64

  static func now() -> CycleTime {
    // The outer clock costs less.
    let elapsed = nanoseconds(CLOCK_MONOTONIC)
    return CycleTime(processor: nanoseconds(CLOCK_THREAD_CPUTIME_ID), elapsed: elapsed)
  }

  static func - (end: CycleTime, begin: CycleTime) -> CycleTime {
    CycleTime(processor: end.processor - begin.processor, elapsed: end.elapsed - begin.elapsed)
  }

  private static func nanoseconds(_ clock: clockid_t) -> Int64 {
    var now = timespec()
    clock_gettime(clock, &now)
    return Int64(now.tv_sec) * 1_000_000_000 + Int64(now.tv_nsec)
  }
}

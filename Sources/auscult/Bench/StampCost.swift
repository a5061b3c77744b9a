import Glibc

/// The cost of reading the clock that the engine times with.
enum StampCost {
  /// Nanoseconds of one reading: the smallest of many averages, because interruptions only add time.
  static func measure() -> Double {
    (0..<200).map { _ in average(of: 500) }.min() ?? 0
  }

  private static func average(of count: Int) -> Double {
    let began = nanoseconds()
    var last = began
    for _ in 0..<count { last = nanoseconds() }
    return Double(last - began) / Double(count)
  }

  private static func nanoseconds() -> Int64 {
    var now = timespec()
    clock_gettime(CLOCK_MONOTONIC, &now)
    return Int64(now.tv_sec) * 1_000_000_000 + Int64(now.tv_nsec)
  }

  /// Seconds of processor time that this process has used.
  static func processorSeconds() -> Double {
    var now = timespec()
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now)
    return Double(now.tv_sec) + Double(now.tv_nsec) / 1e9
  }
}

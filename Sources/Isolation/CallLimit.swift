import CRealtime
import NodeHost

/// How long a call into a node's process may take: `seconds` of processor time, or twice as long without any, or three
/// times as long in all, so that a busy computer does not count as a fault. The time in which this program was stopped,
/// or the computer slept, does not count.
struct CallLimit {
  /// Of a call of `process` or `reset`.
  static let work = 1.0
  /// Of a sink's: it waits for disks.
  static let output = 10.0
  /// Of the calls on the control thread.
  static let control = 10.0
  /// Nanoseconds between two looks, and the most that count between them.
  static let look: Int64 = 20_000_000
  private static let longestStep = 0.1

  let seconds: Double
  private var last = realtime_nanoseconds()
  private var elapsed = 0.0
  private var idle = 0.0
  private var computed: Double
  private let computedBefore: Double

  init(seconds: Double, process: Int32) {
    self.seconds = seconds
    computed = processorTime(process)
    computedBefore = computed
  }

  /// Counts the time since the last look; true: the limit is reached.
  mutating func isReached(by process: Int32) -> Bool {
    let now = realtime_nanoseconds()
    let step = min(Double(now - last) / 1e9, Self.longestStep)
    last = now
    elapsed += step
    let before = computed
    computed = processorTime(process)
    idle = computed - before > step / 100 ? 0 : idle + step
    return computed - computedBefore > seconds || idle > 2 * seconds || elapsed > 3 * seconds
  }
}

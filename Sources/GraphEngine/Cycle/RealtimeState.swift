import RealtimeCore
import Synchronization

/// Counters that the realtime thread adds to. Any thread may read them.
public struct RealtimeCounters: ~Copyable {
  public let cycles = Atomic<Int64>(0)
  public let frames = Atomic<Int64>(0)
  public let gaps = Atomic<Int64>(0)
  public let lostFrames = Atomic<Int64>(0)
  public let xruns = Atomic<Int64>(0)
  public let late = Atomic<Int64>(0)
  public let unmatched = Atomic<Int64>(0)
  /// Looks at the driver's inputs that found samples that are not finite.
  public let notFiniteInputs = Atomic<Int64>(0)
  /// Nanoseconds of all observed cycles.
  public let busy = Atomic<Int64>(0)
}

/// Everything that the realtime thread changes. All else that it reads is constant.
struct RealtimeState: ~Copyable {
  var schedule: UnsafeMutablePointer<RealtimeSchedule>?
  /// The schedule that the next cycle takes at its start.
  let pending = Atomic<UnsafeMutablePointer<RealtimeSchedule>?>(nil)
  /// Where the next cycle writes the position of its start: the exchange of a swap.
  let exchange = Atomic<UnsafeMutablePointer<Atomic<Int64>>?>(nil)
  /// Name of the node that runs; nil: no node runs.
  let running = Atomic<UnsafePointer<CChar>?>(nil)
  /// Frame position of the next cycle.
  let position = Atomic<Int64>(0)
  let messages = MessageQueue(capacity: 1024)
  let counters = RealtimeCounters()
  let cycleTimes = CycleTimes()
  let generations: Generations
  /// The level of each of the driver's inputs [InputLevel.most].
  let levels = UnsafeMutablePointer<InputLevel>.allocate(capacity: InputLevel.most)

  /// Thread: control.
  init(generations: Generations) {
    self.generations = generations
    for index in 0..<InputLevel.most { (levels + index).initialize(to: InputLevel()) }
  }

  deinit {
    levels.deinitialize(count: InputLevel.most)
    levels.deallocate()
  }
}

import CNodeABI
import RealtimeCore
import Synchronization

/// The part of a schedule that the realtime thread runs. Made and torn down on the control thread.
struct RealtimeSchedule {
  let steps: UnsafeMutablePointer<Step>
  let stepCount: Int
  /// What each step's inputs are joined from; see `Join`.
  let joinSources: UnsafeMutablePointer<UnsafeMutablePointer<UnsafePointer<auscult_block>>?>
  let clock: UnsafeMutablePointer<auscult_clock>
  let externalInputs: UnsafeMutablePointer<UnsafePointer<Float>?>
  let externalInputCount: Int
  let externalOutputs: UnsafeMutablePointer<UnsafeMutablePointer<Float>?>
  let externalOutputCount: Int
  /// The most frames that one call of a step covers.
  let quantum: Int
  /// Samples [quantum] for external channels that the driver has no memory for: the end of a stream has no frames, and
  /// may come before any cycle, or after the driver has taken its memory away.
  let silence: UnsafePointer<Float>
  let waste: UnsafeMutablePointer<Float>
}

/// Counters that the realtime thread adds to and anyone may read.
public struct RealtimeCounters: ~Copyable {
  public let cycles = Atomic<Int64>(0)
  public let frames = Atomic<Int64>(0)
  public let gaps = Atomic<Int64>(0)
  public let lostFrames = Atomic<Int64>(0)
  public let xruns = Atomic<Int64>(0)
  public let late = Atomic<Int64>(0)
  public let unmatched = Atomic<Int64>(0)
  /// Longest cycle, and the sum of all, in nanoseconds.
  public let longest = Atomic<Int64>(0)
  public let busy = Atomic<Int64>(0)
}

/// All that the realtime thread changes, in one place. Everything else that it reads is fixed.
struct RealtimeState: ~Copyable {
  var schedule: UnsafeMutablePointer<RealtimeSchedule>?
  /// The schedule to take at the next cycle's start.
  let pending = Atomic<UnsafeMutablePointer<RealtimeSchedule>?>(nil)
  /// Frame position of the next cycle.
  let position = Atomic<Int64>(0)
  let messages = MessageQueue(capacity: 1024)
  let counters = RealtimeCounters()
}

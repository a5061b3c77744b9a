import CNodeABI
import RealtimeCore
import Synchronization

/// The part of a schedule that the realtime thread runs. Made and torn down on the control thread.
struct RealtimeSchedule {
  let steps: UnsafeMutablePointer<Step>
  let stepCount: Int
  /// What each step's inputs are joined from, or nil; see `Join`.
  let joinSources: UnsafeMutablePointer<UnsafeMutablePointer<UnsafePointer<auscult_block>?>?>
  /// What stands before each step's inputs during a swap.
  let taps: UnsafeMutablePointer<StepTaps>
  let clock: UnsafeMutablePointer<auscult_clock>
  let externalInputs: UnsafeMutablePointer<UnsafePointer<Float>?>
  /// Of each external input: whether anything is connected to it.
  let externalConnected: UnsafeMutablePointer<UInt8>
  let externalOutputs: UnsafeMutablePointer<UnsafeMutablePointer<Float>?>
  /// Which of the driver's channels each of the above is.
  let inputChannels: UnsafePointer<ExternalChannel>
  let inputChannelCount: Int
  let outputChannels: UnsafePointer<ExternalChannel>
  let outputChannelCount: Int
  /// Of the swap that this schedule is for, or nil.
  let point: UnsafeMutablePointer<SwapPoint>?
  /// Nodes that take new values at the exchange.
  let tunings: UnsafePointer<TuneEntry>
  let tuningCount: Int
  /// The most frames that one call of a step covers.
  let quantum: Int
  /// Driver frames per second.
  let rate: Float
  /// Samples [quantum] for external channels that the driver has no memory for: the end of a stream has no frames, and
  /// may come before any cycle, or after the driver has taken its memory away.
  let silence: UnsafePointer<Float>
  let waste: UnsafeMutablePointer<Float>
}

/// A channel that a step exchanges with the driver.
struct ExternalChannel {
  /// Its index among the driver's.
  let index: Int
  /// Outputs: before or after the exchange, another step has it.
  let side: SwapSide
}

/// Whose a node is during a swap.
enum SwapSide {
  /// It stays.
  case both
  /// It goes.
  case old
  /// It comes.
  case new
}

struct StepTaps {
  let list: UnsafeMutablePointer<InputTap>
  let count: Int
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
  /// Where to put the position of the next cycle's start: the exchange of a swap.
  let exchange = Atomic<UnsafeMutablePointer<Atomic<Int64>>?>(nil)
  /// Name of the node that runs; nil: none does.
  let running = Atomic<UnsafePointer<CChar>?>(nil)
  /// Frame position of the next cycle.
  let position = Atomic<Int64>(0)
  let messages = MessageQueue(capacity: 1024)
  let counters = RealtimeCounters()
  let generations: Generations
  /// Of each of the driver's inputs [InputLevel.most].
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

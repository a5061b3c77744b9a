import CNodeABI
import RealtimeCore
import Synchronization

/// The part of a schedule that the realtime thread runs. Made and torn down on the control thread.
struct RealtimeSchedule {
  let steps: UnsafeMutablePointer<Step>
  let stepCount: Int
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

/// A channel that a step has in common with the driver.
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

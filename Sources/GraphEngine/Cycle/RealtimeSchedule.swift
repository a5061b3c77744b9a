import CNodeABI
import RealtimeCore
import Synchronization

/// The part of a schedule that the realtime thread runs. The control thread makes it and frees it.
struct RealtimeSchedule {
  let steps: UnsafeMutablePointer<Step>
  let stepCount: Int
  let clock: UnsafeMutablePointer<auscult_clock>
  let externalInputs: UnsafeMutablePointer<UnsafePointer<Float>?>
  /// For each external input: whether anything is connected to it.
  let externalConnected: UnsafeMutablePointer<UInt8>
  let externalOutputs: UnsafeMutablePointer<UnsafeMutablePointer<Float>?>
  /// The driver's channel of each external input and output.
  let inputChannels: UnsafePointer<ExternalChannel>
  let inputChannelCount: Int
  let outputChannels: UnsafePointer<ExternalChannel>
  let outputChannelCount: Int
  /// The point of the swap that this schedule is for, or nil.
  let point: UnsafeMutablePointer<SwapPoint>?
  /// Nodes that take new values at the exchange.
  let tunings: UnsafePointer<TuneEntry>
  let tuningCount: Int
  /// The most frames that one call of a step covers.
  let quantum: Int
  /// Driver frames per second.
  let rate: Float
  /// Samples [quantum] for external channels without driver memory. The end of a stream has no frames. It may come
  /// before any cycle, or after the driver has released its memory.
  let silence: UnsafePointer<Float>
  let waste: UnsafeMutablePointer<Float>
  var values: ValueWatch
}

/// A driver's channel that a step reads or writes.
struct ExternalChannel {
  /// Its index among the driver's channels.
  let index: Int
  /// Of an output: the side of the exchange on which this step has the channel.
  let side: SwapSide
}

/// The side of a swap that a node is on.
enum SwapSide {
  /// The node stays.
  case both
  /// The node goes.
  case old
  /// The node is new.
  case new
}

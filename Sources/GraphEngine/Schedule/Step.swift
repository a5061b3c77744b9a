import CNodeABI
import RealtimeCore

/// One entry of a schedule: a node with its inputs and outputs, on the realtime thread or on a worker.
///
/// The pointers are fixed when the schedule is made; what changes while it runs is only ever touched by the one thread
/// that runs the step.
struct Step {
  let nodeClass: UnsafePointer<auscult_class>
  let instance: UnsafeMutableRawPointer
  /// Index of the node in the graph, for messages.
  let node: Int32
  let name: UnsafePointer<CChar>
  let isSource: Bool
  let isIndependent: Bool
  let inputCount: Int
  let outputCount: Int
  let cycle: UnsafeMutablePointer<auscult_cycle>
  /// What `process` sees [inputCount]. On the realtime thread they point to other steps' outputs for good; a worker
  /// points them to records of its rings.
  let inputs: UnsafeMutablePointer<UnsafePointer<auscult_block>?>
  let outputs: UnsafeMutablePointer<OutputState>
  let join: UnsafeMutablePointer<Join>?
  let externalInputBase: Int
  let externalOutputBase: Int
  let externalOutputCount: Int
  let isMeasured: Bool
  /// Some link leaves the thread.
  let hasCrossings: Bool

  var hasFailed = false
  /// Frame position through which its inputs are there.
  var heardThrough: Int64 = 0
  var calls: Int64 = 0
  var nanoseconds: Int64 = 0
}

/// One output of a step: its block, and what the host needs to fill in heads, marks and gaps.
struct OutputState {
  let block: UnsafeMutablePointer<auscult_block>
  let format: UnsafePointer<auscult_format>
  let isAudio: Bool
  let isScore: Bool
  let isStampedByNode: Bool
  /// Ticks of this output in a tick of the step's input.
  let factor: Int64
  /// Ticks of this output in a period of the step's input, for the position of its index.
  let inputPeriod: Int64
  /// Driver frames that this node adds to the lookahead of each input is `lookahead - input's`.
  let lookahead: Int64
  let crossings: UnsafeMutablePointer<Crossing>
  let crossingCount: Int
  let ownMarks: UnsafeMutablePointer<UInt8>
  let marks: UnsafeMutablePointer<MarkHistory>?

  var isStarted = false
  var hasPendingGap = false
  var origin: Int64 = 0
  var index: Int64 = 0
  var segment: Int64 = 0
  /// Frame position from which on a failed node's tokens are missing.
  var missingFrom: Int64 = 0
}

/// A link that leaves the thread: the ring, and the drop that is going on, if one is.
struct Crossing {
  let ring: UnsafeMutablePointer<BlockRing>
  /// The node that the ring feeds: whose queue was full.
  let consumer: UnsafePointer<CChar>
  let consumerNode: Int32
  /// Most bytes that one call of the producer can push.
  let mostBytes: Int

  var isDropping = false
  var droppedTokens: Int64 = 0
  var dropBegin: Int64 = 0
  var dropEnd: Int64 = 0
}

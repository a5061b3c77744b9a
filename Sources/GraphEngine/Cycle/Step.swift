import CNodeABI
import RealtimeCore

/// One entry of a schedule: a node with its inputs and outputs, on the realtime thread or on a worker.
///
/// A step belongs to its schedule; what the node carries on from schedule to schedule lies behind `state` and `outputs`,
/// and is only ever touched by the one thread that runs the node.
struct Step {
  let nodeClass: UnsafePointer<auscult_class>
  let instance: UnsafeMutableRawPointer
  /// The node's number in the engine, for messages.
  let node: Int32
  let name: UnsafePointer<CChar>
  let isSource: Bool
  let isIndependent: Bool
  /// A source that says nothing of connections and stuck inputs.
  let marksOldBitsOnly: Bool
  /// It wants to know when its inputs are complete further, also without tokens.
  let isWatchful: Bool
  let inputCount: Int
  let outputCount: Int
  let cycle: UnsafeMutablePointer<auscult_cycle>
  /// What comes in [inputCount]. On the realtime thread they point to other steps' outputs, or to what comes between; a
  /// worker points them to records of its rings.
  let sources: UnsafeMutablePointer<UnsafePointer<auscult_block>?>
  /// What `process` sees of it [inputCount]: the same, unless the node judges.
  let inputs: UnsafeMutablePointer<UnsafePointer<auscult_block>?>
  /// Of a node that judges, what it sees [inputCount]: see `showHeard`.
  let heard: UnsafeMutablePointer<auscult_block>?
  let outputs: UnsafeMutablePointer<StepOutput>
  let join: UnsafeMutablePointer<Join>?
  /// On the realtime thread, what the inputs are joined from [inputCount] ...
  let joinSources: UnsafeMutablePointer<UnsafePointer<auscult_block>?>?
  /// ... and what stands before them during a swap.
  let splices: InputSplices
  let externalOutputBase: Int
  let externalOutputCount: Int
  let isMeasured: Bool
  let state: NodeState
  /// Of a node on a worker: whose its call of `process` is; see `WorkerCall`. Nil on the realtime thread.
  let call: UnsafeMutablePointer<WorkerCall>?
  /// Links that leave the thread [linkCount].
  var links: UnsafeMutablePointer<StepLink>
  var linkCount: Int
}

/// One output of a node: its block, and what the host needs to fill in heads, marks and gaps.
struct StepOutput {
  package let block: Block
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
  /// Nil: events.
  let ownMarks: UnsafeMutablePointer<UInt8>?
  /// Scores: the marks of the last token that a learning node took [channels].
  let learnedMarks: UnsafeMutablePointer<UInt8>?
  let marks: UnsafeMutablePointer<MarkHistory>?
  /// For records to say which graph made a token.
  let generations: Generations
  /// How a fresh node gets on, for the control thread; nil for nodes that were there from the start.
  let progress: UnsafeMutablePointer<Progress>?
  /// Hertz above which nothing can be heard; infinity where no band lies there.
  let highest: Float
  /// Scores and events: what passed, for the control thread.
  let watch: OutputWatch?

  var isStarted = false
  var hasPendingGap = false
  /// Where the stretch begins, in ticks, and the index of its next token.
  var origin: Int64 = 0
  var index: Int64 = 0
  /// Frame position where the stretch begins.
  var segment: Int64 = 0
  /// Frame position from which on a failed node's tokens are missing.
  var missingFrom: Int64 = 0
  /// Tokens (audio: samples) so far.
  var yielded: Int64 = 0
}

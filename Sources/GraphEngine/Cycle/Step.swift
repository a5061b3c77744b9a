import CNodeABI
import RealtimeCore

/// One entry of a schedule: a node with its inputs and outputs, on the realtime thread or on a worker.
///
/// A step belongs to its schedule. `state` and `outputs` point to what the node keeps from schedule to schedule. Only
/// the thread that runs the node changes that.
struct Step {
  let nodeClass: UnsafePointer<auscult_class>
  let instance: UnsafeMutableRawPointer
  /// The node's number in the engine, for messages.
  let node: Int32
  let name: UnsafePointer<CChar>
  let isSource: Bool
  /// Its calls may take the short way, see `runPlain`.
  let mayBePlain: Bool
  let isIndependent: Bool
  /// A source that does not mark connections and stuck inputs.
  let marksOldBitsOnly: Bool
  /// The node is also called without tokens when its inputs' watermarks advance.
  let isWatchful: Bool
  let inputCount: Int
  let outputCount: Int
  let cycle: UnsafeMutablePointer<auscult_cycle>
  /// The incoming blocks [inputCount]. On the realtime thread they are outputs of other steps, or of a join or splice
  /// between them; on a worker they are records of its rings.
  let sources: UnsafeMutablePointer<UnsafePointer<auscult_block>?>
  /// The blocks that `process` sees [inputCount]: the same as `sources`, unless the node judges.
  let inputs: UnsafeMutablePointer<UnsafePointer<auscult_block>?>
  /// Of a node that judges: the views of its inputs [inputCount], see `showHeard`.
  let heard: UnsafeMutablePointer<auscult_block>?
  let outputs: UnsafeMutablePointer<StepOutput>
  let join: UnsafeMutablePointer<Join>?
  /// On the realtime thread: the blocks that the inputs are joined from [inputCount].
  let joinSources: UnsafeMutablePointer<UnsafePointer<auscult_block>?>?
  /// On the realtime thread: the splices of the inputs during a swap.
  let splices: InputSplices
  let externalInputCount: Int
  let externalOutputBase: Int
  let externalOutputCount: Int
  let isMeasured: Bool
  let state: NodeState
  /// Of a node on a worker: which thread owns its call of `process`, see `WorkerCall`. Nil on the realtime thread.
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
  /// Ticks of this output per tick of the step's input.
  let factor: Int64
  /// Ticks of this output per period of the step's input. It turns an input index into a position.
  let inputPeriod: Int64
  /// In driver frames. The node adds `lookahead` less an input's lookahead to that input's.
  let lookahead: Int64
  /// Nil for events.
  let ownMarks: UnsafeMutablePointer<UInt8>?
  /// Scores: the marks of the last token that a learning node took [channels].
  let learnedMarks: UnsafeMutablePointer<UInt8>?
  let marks: UnsafeMutablePointer<MarkHistory>?
  /// Says which graph made a token, for records.
  let generations: Generations
  /// The progress of a fresh node, for the control thread; nil for nodes that were there from the start.
  let progress: UnsafeMutablePointer<Progress>?
  /// Hertz above which nothing can be heard; infinity where no band lies there.
  let highest: Float
  /// Scores and events: a summary of what passed, for the control thread.
  let watch: OutputWatch?

  /// A source: tokens in `ownMarks` whose marks may not be those of a stream without marks.
  var markedTokens = Int.max
  var isStarted = false
  /// The next token carries the flag of a gap.
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

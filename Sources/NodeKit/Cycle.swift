import CNodeABI
import NodeABI

/// The blocks of a node's inputs and outputs, for `process`. Valid only during the call.
///
/// The host gives every pointer that is read here, so no pointer is checked for null again.
@frozen
public struct Cycle {
  public let pointer: UnsafeMutablePointer<auscult_cycle>

  @inlinable
  public init(_ pointer: UnsafeMutablePointer<auscult_cycle>) { self.pointer = pointer }

  /// Linked inputs, in the order of the ports, then of the names of the nodes they come from.
  @inlinable
  public var inputCount: Int { @_noLocks @_noAllocation get { Int(pointer.pointee.input_count) } }
  @inlinable
  public var outputCount: Int { @_noLocks @_noAllocation get { Int(pointer.pointee.output_count) } }

  /// The first input.
  @inlinable
  public var input: InputBlock {
    @_noLocks @_noAllocation get { InputBlock(pointer.pointee.inputs.unsafelyUnwrapped[0].unsafelyUnwrapped) }
  }
  /// The first output.
  @inlinable
  public var output: OutputBlock {
    @_noLocks @_noAllocation get { OutputBlock(pointer.pointee.outputs.unsafelyUnwrapped[0].unsafelyUnwrapped) }
  }

  @inlinable @_noLocks @_noAllocation
  public func input(_ index: Int) -> InputBlock { InputBlock(pointer.pointee.inputs[index]!) }
  @inlinable @_noLocks @_noAllocation
  public func output(_ index: Int) -> OutputBlock { OutputBlock(pointer.pointee.outputs[index]!) }

  /// Driver frames of this cycle, for sources and audio sinks.
  @inlinable
  public var frames: Int { @_noLocks @_noAllocation get { Int(pointer.pointee.clock.pointee.frames) } }
  /// Frame position of the first of these frames.
  @inlinable
  public var position: Int64 { @_noLocks @_noAllocation get { pointer.pointee.clock.pointee.position } }
  /// The driver has no more frames.
  @inlinable
  public var isEnd: Bool {
    @_noLocks @_noAllocation get { pointer.pointee.clock.pointee.isEnd }
  }
  /// The results have no deadline: over files, by hand. Also valid on workers.
  public var hasNoDeadline: Bool { pointer.pointee.clock?.pointee.hasNoDeadline ?? false }

  /// Samples [frames] that the driver supplies for an external channel.
  @inlinable @_noLocks @_noAllocation
  public func externalInput(_ channel: Int) -> UnsafePointer<Float> { pointer.pointee.external_inputs[channel]! }
  /// Whether a port is connected to an external channel. With files, always true.
  @inlinable @_noLocks @_noAllocation
  public func isConnected(_ channel: Int) -> Bool {
    guard let connected = pointer.pointee.external_connected else { return true }
    return connected[channel] != 0
  }
  /// Where to write the samples [frames] of an external channel.
  @inlinable @_noLocks @_noAllocation
  public func externalOutput(_ channel: Int) -> UnsafeMutablePointer<Float> {
    pointer.pointee.external_outputs[channel]!
  }

  /// Fails with a text: the host quarantines the node, and the graph runs on.
  @inlinable @_noLocks @_noAllocation
  public func fail(_ text: StaticString) {
    pointer.pointee.failure = UnsafeRawPointer(text.utf8Start).assumingMemoryBound(to: CChar.self)
  }

  @inlinable
  public var hasFailed: Bool { @_noLocks @_noAllocation get { pointer.pointee.failure != nil } }
}

/// One input's tokens of this cycle.
@frozen
public struct InputBlock {
  public let pointer: UnsafePointer<auscult_block>

  @inlinable
  public init(_ pointer: UnsafePointer<auscult_block>) { self.pointer = pointer }

  /// Tokens (audio: samples of each channel).
  @inlinable
  public var count: Int { @_noLocks @_noAllocation get { Int(pointer.pointee.count) } }
  @inlinable
  public var channels: Int {
    @_noLocks @_noAllocation get { Int(pointer.pointee.format.unsafelyUnwrapped.pointee.channels) }
  }
  /// The stream ends after this block: yield everything that is held back.
  @inlinable
  public var isEnd: Bool { @_noLocks @_noAllocation get { pointer.pointee.isEnd } }
  /// Part of the stream was lost before this block's first token; the host has called `reset`.
  @inlinable
  public var hasGap: Bool { @_noLocks @_noAllocation get { pointer.pointee.hasGap } }

  /// An audio channel's samples [count].
  @inlinable @_noLocks @_noAllocation
  public func samples(_ channel: Int) -> UnsafePointer<Float> { values(0, channel) }

  /// A token's values: features [columns], slice [rows x columns], spectrum [2 x columns].
  @inlinable @_noLocks @_noAllocation
  public func values(_ token: Int, _ channel: Int) -> UnsafePointer<Float> {
    raw(token, channel).assumingMemoryBound(to: Float.self)
  }

  @inlinable @_noLocks @_noAllocation
  public func score(_ token: Int, _ channel: Int) -> UnsafePointer<auscult_score> {
    raw(token, channel).assumingMemoryBound(to: auscult_score.self)
  }

  @inlinable @_noLocks @_noAllocation
  public func event(_ token: Int) -> UnsafePointer<auscult_event> {
    raw(token, 0).assumingMemoryBound(to: auscult_event.self)
  }

  @inlinable @_noLocks @_noAllocation
  public func raw(_ token: Int, _ channel: Int) -> UnsafeRawPointer {
    UnsafeRawPointer(pointer.pointee.data.unsafelyUnwrapped) + pointer.pointee.place(token, channel)
  }

  /// Positions of its tokens.
  @inlinable
  public var time: StreamTime { @inline(__always) @_noLocks @_noAllocation get { pointer.pointee.time } }

  /// Position of a token (audio: `head(0)`, of the first sample).
  @inlinable @_noLocks @_noAllocation
  public func head(_ token: Int) -> UnsafePointer<auscult_head> { UnsafePointer(pointer.pointee.heads + token) }

  /// The node before this one still learns and withholds its scores.
  @inlinable
  public var isLearning: Bool { @_noLocks @_noAllocation get { pointer.pointee.isLearning } }
  /// Every token that ends at or before this frame position has been delivered. At the end: the stream's end.
  @inlinable
  public var complete: Int64 {
    @_noLocks @_noAllocation get { isEnd ? pointer.pointee.end : pointer.pointee.complete }
  }

  /// The marks of a token and channel.
  @inlinable @_noLocks @_noAllocation
  public func marks(_ token: Int, _ channel: Int) -> Marks {
    guard let marks = pointer.pointee.marks else { return .unmarked }
    return Marks(rawValue: marks[pointer.pointee.markPlace(token, channel)])
  }
}

/// One output of this cycle, for the node to write its tokens to.
@frozen
public struct OutputBlock {
  public let pointer: UnsafeMutablePointer<auscult_block>

  @inlinable
  public init(_ pointer: UnsafeMutablePointer<auscult_block>) { self.pointer = pointer }

  /// Tokens (audio: samples of each channel) yielded so far.
  @inlinable
  public var count: Int {
    @_noLocks @_noAllocation get { Int(pointer.pointee.count) }
    @_noLocks @_noAllocation nonmutating set { pointer.pointee.count = UInt32(truncatingIfNeeded: newValue) }
  }
  /// Tokens (audio: samples of each channel) that fit.
  @inlinable
  public var capacity: Int { @_noLocks @_noAllocation get { Int(pointer.pointee.capacity) } }
  @inlinable
  public var channels: Int {
    @_noLocks @_noAllocation get { Int(pointer.pointee.format.unsafelyUnwrapped.pointee.channels) }
  }

  /// Where to write an audio channel's samples [capacity].
  @inlinable @_noLocks @_noAllocation
  public func samples(_ channel: Int) -> UnsafeMutablePointer<Float> { values(0, channel) }

  /// Where to write a token's values: features [columns], slice [rows x columns], spectrum [2 x columns].
  @inlinable @_noLocks @_noAllocation
  public func values(_ token: Int, _ channel: Int) -> UnsafeMutablePointer<Float> {
    raw(token, channel).assumingMemoryBound(to: Float.self)
  }

  @inlinable @_noLocks @_noAllocation
  public func score(_ token: Int, _ channel: Int) -> UnsafeMutablePointer<auscult_score> {
    raw(token, channel).assumingMemoryBound(to: auscult_score.self)
  }

  @inlinable @_noLocks @_noAllocation
  public func event(_ token: Int) -> UnsafeMutablePointer<auscult_event> {
    raw(token, 0).assumingMemoryBound(to: auscult_event.self)
  }

  @inlinable @_noLocks @_noAllocation
  public func raw(_ token: Int, _ channel: Int) -> UnsafeMutableRawPointer {
    UnsafeMutableRawPointer(pointer.pointee.data.unsafelyUnwrapped) + pointer.pointee.place(token, channel)
  }

  /// Reports that the node still learns and withholds scores. The last learned token has this head and format.
  @inlinable @_noLocks @_noAllocation
  public func noteLearned(from input: InputBlock, _ token: Int) {
    pointer.pointee.flags |= AUSCULT_BLOCK_LEARNING
    pointer.pointee.learned = input.time.end(input.head(token))
  }

  /// Where to write the head of a token, on outputs that the node stamps itself.
  @inlinable @_noLocks @_noAllocation
  public func head(_ token: Int) -> UnsafeMutablePointer<auscult_head> { pointer.pointee.heads + token }

  /// Where to write the marks of a token and channel; sources only. Nil: no node uses them.
  @inlinable @_noLocks @_noAllocation
  public func marks(_ channel: Int) -> UnsafeMutablePointer<UInt8>? {
    guard let marks = pointer.pointee.marks else { return nil }
    return marks + pointer.pointee.markPlace(0, channel)
  }
}

import CNodeABI
import CRealtime
import NodeABI
import RealtimeCore

/// The host stamps the tokens that a node has yielded with their position, a gap flag if something was lost before
/// them, and their generation.
extension StepOutput {
  /// The stretch has begun, and its begin has been stamped.
  @inline(__always)
  var isSteady: Bool { @_noLocks @_noAllocation get { isStarted && !hasPendingGap } }

  @inline(never) @_noLocks @_noAllocation
  mutating func stamp(_ count: Int) {
    if count == 0 { return }
    let gapFlag = hasPendingGap ? AUSCULT_TOKEN_GAP : 0
    hasPendingGap = false
    if isStampedByNode { return stampGenerations(count, gapFlag) }
    var head = auscult_head(origin: origin, index: index, segment: segment, flags: gapFlag, generation: 0)
    if isAudio { return stampAudio(count, flags: gapFlag) }
    for token in 0..<count {
      block.heads[token] = head
      block.heads[token].generation = generation(block.heads + token, 0)
      head.index &+= 1
      head.flags = 0
    }
    index &+= Int64(count)
  }

  /// The node has stamped its tokens itself; the generation is the host's.
  @_noLocks @_noAllocation
  private func stampGenerations(_ count: Int, _ gapFlag: UInt32) {
    block.heads.pointee.flags |= gapFlag
    for token in 0..<count { block.heads[token].generation = generation(block.heads + token, 0) }
  }

  /// Audio has one head for all its samples.
  @inline(__always) @_noLocks @_noAllocation
  mutating func stampAudio(_ count: Int, flags: UInt32 = 0) {
    if count == 0 { return }
    let heads = block.heads
    heads.pointee = auscult_head(origin: origin, index: index, segment: segment, flags: flags, generation: 0)
    heads.pointee.generation = generation(heads, count &- 1)
    index &+= Int64(count)
  }

  @inline(__always) @_noLocks @_noAllocation
  private func generation(_ head: UnsafePointer<auscult_head>, _ token: Int) -> UInt32 {
    if let only = generations.only { return only }
    let end = StreamTime(format).endTicks(head, Int64(token))
    return generations.generation(endTicks: end, denominator: format.pointee.denominator)
  }

  /// After a gap the stream begins again.
  @inline(__always) @_noLocks @_noAllocation
  mutating func restart() {
    isStarted = false
    hasPendingGap = true
    if let marks { marks.pointee.reset() }
  }
}

extension UnsafeMutablePointer where Pointee == Step {
  /// A stretch of an evenly paced output begins at its first input token (audio: sample).
  @inline(__always) @_noLocks @_noAllocation
  func start(_ output: UnsafeMutablePointer<StepOutput>, _ clock: UnsafePointer<auscult_clock>) {
    if pointee.isSource {
      if clock.pointee.frames == 0 { return }
      output.pointee.origin = clock.pointee.position * output.pointee.format.pointee.denominator
      output.pointee.segment = clock.pointee.position
    } else {
      guard pointee.inputCount > 0, pointee.inputs[0]!.pointee.count > 0 else { return }
      let input = pointee.inputs[0]!
      let head = input.pointee.heads.pointee
      output.pointee.origin = head.origin * output.pointee.factor + head.index * output.pointee.inputPeriod
      output.pointee.segment = max(head.segment, input.pointee.firstFrame)
      if let marks = output.pointee.marks { marks.pointee.start(at: output.pointee.origin) }
    }
    output.pointee.index = 0
    output.pointee.isStarted = true
  }

  /// Passes on to a block of scores that a node before it withholds scores because it still learns.
  @inline(__always) @_noLocks @_noAllocation
  func passLearning(to block: Block) {
    var learned = Int64.min
    for index in 0..<pointee.inputCount {
      let input = pointee.inputs[index]!
      if input.pointee.flags & AUSCULT_BLOCK_LEARNING != 0 { learned = max(learned, input.pointee.learned) }
    }
    if learned == Int64.min { return }
    block.flags |= AUSCULT_BLOCK_LEARNING
    block.pointer.pointee.learned = learned
  }

  /// A source that was built before there were marks for connections and stuck inputs does not set them. Sets them to
  /// connected and moving.
  @_noLocks @_noAllocation
  func addNewMarks() {
    for index in 0..<pointee.outputCount {
      let block = pointee.outputs[index].block
      let old = UInt8(AUSCULT_MARK_SOUNDING | AUSCULT_MARK_CLIPPED)
      for place in 0..<block.capacity * Int(block.format.channels) {
        block.marks![place] = (block.marks![place] & old) | Marks.unknown
      }
    }
  }
}

extension auscult_block {
  /// Frame position of an audio block's first sample. A stretch that restarts after a drop has no earlier frame.
  fileprivate var firstFrame: Int64 {
    @inline(__always) @_noLocks @_noAllocation get {
      if format.pointee.kind != AUSCULT_AUDIO { return 0 }
      return time.frame(endTicks: time.beginTicks(heads))
    }
  }
}

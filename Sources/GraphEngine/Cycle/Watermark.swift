import CNodeABI
import NodeABI
import RealtimeCore

/// Watermarks: the frame position through which a stream is complete, and the position where it ends.
extension Step {
  @inline(__always) @_noLocks @_noAllocation
  func setSourceWatermarks(of block: Block, isEnd: Bool, _ clock: UnsafePointer<auscult_clock>) {
    let now = clock.pointee.position + Int64(clock.pointee.frames)
    block.complete = isEnd ? Int64.max : now
    block.end = isEnd ? now : Int64.max
  }

  @inline(__always) @_noLocks @_noAllocation
  func setWatermarks(of block: Block, lookahead: Int64) {
    block.complete = complete(lookahead: lookahead)
    block.end = inputEnd
  }

  /// The watermark of an output: the lowest input watermark, less the frames that this node waits for.
  // Inlined, because a call would copy the step.
  @inline(__always) @_noLocks @_noAllocation
  func complete(lookahead: Int64) -> Int64 {
    var complete = Int64.max
    for index in 0..<inputCount {
      let input = sources[index]!
      let mark = input.pointee.complete
      if mark == Int64.max { continue }
      if mark == Int64.min { return Int64.min }
      complete = min(complete, mark - (lookahead - input.pointee.format.pointee.lookahead))
    }
    return complete
  }

  /// Frame position where the stream ends: known once all inputs know theirs.
  private var inputEnd: Int64 {
    @inline(__always) @_noLocks @_noAllocation get {
      var end = Int64.min
      for index in 0..<inputCount { end = max(end, inputs[index]!.pointee.end) }
      return end == Int64.min ? Int64.max : end
    }
  }

  /// Notes the frame position through which the inputs are complete: at a stream's end the position where it ends.
  @inline(__always) @_noLocks @_noAllocation
  func noteInputWatermark(_ clock: UnsafePointer<auscult_clock>) {
    if isSource {
      state.inputWatermark = clock.pointee.position + Int64(clock.pointee.frames)
      return
    }
    var watermark = Int64.max
    for index in 0..<inputCount { watermark = min(watermark, inputs[index]!.pointee.complete) }
    if watermark == Int64.max { watermark = inputEnd }
    if watermark != Int64.max { state.inputWatermark = max(state.inputWatermark, watermark) }
  }
}

extension StepOutput {
  /// Reports a fresh node's progress to the control thread.
  @inline(__always) @_noLocks @_noAllocation
  func noteProgress(tokens: Int, complete: Int64) {
    guard let progress else { return }
    let isBegun = progress.pointee.start.load(ordering: .relaxed) != Int64.max
    if isStarted && !isBegun {
      progress.pointee.start.store(StreamTime(format).frame(beginTicks: origin), ordering: .relaxed)
    }
    progress.pointee.tokens.add(Int64(tokens), ordering: .relaxed)
    progress.pointee.complete.store(complete, ordering: .releasing)
  }
}

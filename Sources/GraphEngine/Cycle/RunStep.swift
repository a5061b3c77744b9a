import CNodeABI
import CRealtime
import RealtimeCore

/// How a step's run ended. The realtime thread reports it by message, a worker at once.
enum StepResult {
  case ran
  case failed
  case skipped
  /// The call was taken away before it returned. The caller must no longer touch the step or the node.
  case takenAway
}

/// Runs one step: reads the inputs' flags, resets the node after a gap, calls `process`, stamps and checks the tokens.
///
/// Thread: the one that owns the step; active.
@inline(never) @_noLocks @_noAllocation
func runStep(_ step: UnsafeMutablePointer<Step>, clock: UnsafePointer<auscult_clock>) -> StepResult {
  step.run(clock)
}

extension UnsafeMutablePointer where Pointee == Step {
  @inline(__always) @_noLocks @_noAllocation
  fileprivate func run(_ clock: UnsafePointer<auscult_clock>) -> StepResult {
    if let heard = pointee.heard { showHeard(heard) }
    let inherited = readInputs(clock)
    if inherited.through != Int64.max {
      pointee.state.inputWatermark = max(pointee.state.inputWatermark, inherited.through)
    }
    let hasFailed = pointee.state.hasFailed
    let failsNow = hasFailed && !pointee.state.isFailureMarked
    for index in 0..<pointee.outputCount {
      prepare(pointee.outputs + index, inherited, clock, hasFailed: hasFailed && !failsNow)
    }
    if hasFailed {
      // The control thread has quarantined it since the last call.
      if failsNow { fail() } else if inherited.isEnd { flagMissing() }
      return .skipped
    }
    let number = pointee.call?.pointee.enter() ?? 0
    if inherited.hasGap && !pointee.isIndependent { realtime_reset(pointee.nodeClass, pointee.instance) }

    let began = pointee.isMeasured ? realtime_nanoseconds() : 0
    pointee.cycle.pointee.failure = nil
    let status = realtime_process(pointee.nodeClass, pointee.instance, pointee.cycle)
    if let call = pointee.call, !call.pointee.leave(number) { return .takenAway }
    if pointee.marksOldBitsOnly { addNewMarks() }
    if pointee.isMeasured { pointee.state.addTime(realtime_nanoseconds() - began) }
    pointee.state.countCall()

    guard status == AUSCULT_OK, finishOutputs() else { return end(status) }
    return .ran
  }

  /// What the inputs of this call have in common: a gap if any input has one, the end if all inputs have ended. A node with
  /// independent inputs also sees the flags of each block.
  @inline(__always) @_noLocks @_noAllocation
  private func readInputs(_ clock: UnsafePointer<auscult_clock>) -> CallInputs {
    var inputs = CallInputs()
    if pointee.isSource {
      let isEnd = clock.pointee.flags & AUSCULT_CLOCK_END != 0
      let now = clock.pointee.position + Int64(clock.pointee.frames)
      // The cycle has put the driver's gap into the blocks of the sources.
      let gap = pointee.outputCount > 0 ? pointee.outputs.pointee.block.flags & AUSCULT_BLOCK_GAP : 0
      return CallInputs(
        flags: gap | (isEnd ? AUSCULT_BLOCK_END : 0), complete: isEnd ? .max : now, end: isEnd ? now : .max)
    }
    var all = UInt32.max
    for index in 0..<pointee.inputCount {
      let input = pointee.inputs[index].unsafelyUnwrapped
      if input.pointee.flags & AUSCULT_BLOCK_GAP != 0 { inputs.gapFrom = index }
      inputs.flags |= input.pointee.flags & AUSCULT_BLOCK_GAP
      all &= input.pointee.flags
      inputs.complete = min(inputs.complete, input.pointee.complete)
      inputs.end = max(inputs.end, input.pointee.end)
    }
    inputs.flags |= all & AUSCULT_BLOCK_END
    return inputs
  }

  /// Empties an output, and gives it the inputs' flags and watermarks.
  @inline(__always) @_noLocks @_noAllocation
  private func prepare(
    _ output: UnsafeMutablePointer<StepOutput>, _ inherited: CallInputs, _ clock: UnsafePointer<auscult_clock>,
    hasFailed: Bool
  ) {
    let block = output.pointee.block
    let before = block.complete
    if !hasFailed && before != Int64.max { output.pointee.missingFrom = max(0, before) }
    block.count = 0
    block.flags = inherited.flags
    block.end = inherited.end
    block.complete = pointee.isSource ? inherited.complete : complete(lookahead: output.pointee.lookahead)
    if pointee.isSource {
      output.pointee.resetMarks()
    } else {
      if output.pointee.marks != nil { output.pointee.showOwnMarks() }
      if inherited.hasGap { block.gap = pointee.inputs[inherited.gapFrom]!.pointee.gap }
      if output.pointee.isScore { passLearning(to: block) }
    }
    // A source's block already holds the gap.
    if inherited.hasGap { output.pointee.restart() }
    if !output.pointee.isStarted { start(output, clock) }
  }

  /// Stamps, marks and checks what `process` yielded. False: the node broke a rule.
  @inline(never) @_noLocks @_noAllocation
  func finishOutputs() -> Bool {
    for index in 0..<pointee.outputCount {
      if let fault = finish(pointee.outputs + index) {
        pointee.cycle.pointee.failure = fault
        return false
      }
    }
    return true
  }

  /// - Returns: the rule that the node broke; nil: none.
  @inline(__always) @_noLocks @_noAllocation
  private func finish(_ output: UnsafeMutablePointer<StepOutput>) -> UnsafePointer<CChar>? {
    let block = output.pointee.block
    let count = block.count
    if count > block.capacity { return constantText("yielded more tokens than its configure declared") }
    output.pointee.yielded &+= Int64(count)
    output.pointee.stamp(count)
    output.pointee.noteProgress(tokens: count, complete: block.complete)
    if let marks = output.pointee.marks {
      marks.pointee.pass(pointee.inputs, count: pointee.inputCount, to: output)
    } else if pointee.isSource {
      output.pointee.settleMarks(count)
    }
    if output.pointee.isScore, let fault = finishScores(output) { return fault }
    output.pointee.watch?.note(block.pointer)
    return nil
  }

  /// Marks what a detector has learned, and checks its scores. Scores of input that is not finite are left out.
  @inline(never) @_noLocks @_noAllocation
  private func finishScores(_ output: UnsafeMutablePointer<StepOutput>) -> UnsafePointer<CChar>? {
    let block = output.pointee.block
    if let marks = output.pointee.marks, let learned = output.pointee.learnedMarks, block.isLearning {
      marks.pointee.giveLearned(learned, input: pointee.inputs[0]!)
    }
    if output.pointee.highest < .infinity { output.pointee.dropUnheardBands() }
    if block.scoresAreFinite { return nil }
    if inputsAreFinite { return constantText("yielded a score that is not a finite number") }
    leaveOut(output)
    return nil
  }
}

/// What the inputs of a step have in common in one call.
struct CallInputs {
  /// AUSCULT_BLOCK_GAP, AUSCULT_BLOCK_END.
  var flags: UInt32 = 0
  /// The input that has the gap.
  var gapFrom = 0
  /// The lowest watermark; max: no more tokens come.
  var complete = Int64.max
  /// Frame position where the stream ends: known once all inputs know theirs.
  var end = Int64.min

  /// Frame position through which the inputs are complete: at a stream's end the position where it ends.
  var through: Int64 { @_noLocks @_noAllocation get { complete == Int64.max ? end : complete } }
  var hasGap: Bool { @_noLocks @_noAllocation get { flags & AUSCULT_BLOCK_GAP != 0 } }
  var isEnd: Bool { @_noLocks @_noAllocation get { flags & AUSCULT_BLOCK_END != 0 } }
}

/// A text that a realtime thread hands over by pointer.
@_noLocks @_noAllocation
func constantText(_ text: StaticString) -> UnsafePointer<CChar> {
  UnsafeRawPointer(text.utf8Start).assumingMemoryBound(to: CChar.self)
}

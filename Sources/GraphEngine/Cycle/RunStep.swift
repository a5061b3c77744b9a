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
  step.pointee.run(clock)
}

extension Step {
  @inline(__always) @_noLocks @_noAllocation
  fileprivate func run(_ clock: UnsafePointer<auscult_clock>) -> StepResult {
    if let heard { showHeard(heard) }
    let inherited = inputFlags(clock)
    noteInputWatermark(clock)
    let hasFailed = state.hasFailed
    for index in 0..<outputCount { prepare(outputs + index, inherited, clock, hasFailed: hasFailed) }
    if hasFailed {
      if inherited.isEnd { flagMissing() }
      return .skipped
    }
    let number = call?.pointee.enter() ?? 0
    if inherited.hasGap && !isIndependent { realtime_reset(nodeClass, instance) }

    let began = isMeasured ? realtime_nanoseconds() : 0
    cycle.pointee.failure = nil
    let status = realtime_process(nodeClass, instance, cycle)
    if let call, !call.pointee.leave(number) { return .takenAway }
    if marksOldBitsOnly { addNewMarks() }
    if isMeasured { state.addTime(realtime_nanoseconds() - began) }
    state.countCall()

    guard status == AUSCULT_OK, finishOutputs() else {
      fail()
      return .failed
    }
    return .ran
  }

  /// The flags of this call: a gap if any input has one, the end if all inputs have ended. A node with independent
  /// inputs also sees the flags of each block.
  @inline(__always) @_noLocks @_noAllocation
  private func inputFlags(_ clock: UnsafePointer<auscult_clock>) -> InputFlags {
    if isSource {
      // The cycle has put the driver's gap into the blocks of the sources.
      let gap = outputCount > 0 ? outputs.pointee.block.flags & AUSCULT_BLOCK_GAP : 0
      return InputFlags(flags: gap | (clock.pointee.flags & AUSCULT_CLOCK_END != 0 ? AUSCULT_BLOCK_END : 0))
    }
    var inherited = InputFlags(flags: 0)
    var any: UInt32 = 0
    var all = UInt32.max
    for index in 0..<inputCount {
      let flags = inputs[index]!.pointee.flags
      if flags & AUSCULT_BLOCK_GAP != 0 { inherited.gapFrom = index }
      any |= flags
      all &= flags
    }
    inherited.flags = (any & AUSCULT_BLOCK_GAP) | (all & AUSCULT_BLOCK_END)
    return inherited
  }

  /// Empties an output, and gives it the inputs' flags and watermarks.
  @inline(__always) @_noLocks @_noAllocation
  private func prepare(
    _ output: UnsafeMutablePointer<StepOutput>, _ inherited: InputFlags, _ clock: UnsafePointer<auscult_clock>,
    hasFailed: Bool
  ) {
    let block = output.pointee.block
    let complete = block.complete
    if !hasFailed && complete != Int64.max { output.pointee.missingFrom = max(0, complete) }
    block.count = 0
    block.marks = output.pointee.ownMarks
    block.flags = inherited.flags
    if isSource {
      setSourceWatermarks(of: block, isEnd: inherited.isEnd, clock)
      output.pointee.resetMarks()
    } else {
      setWatermarks(of: block, lookahead: output.pointee.lookahead)
      if inherited.hasGap { block.gap = inputs[inherited.gapFrom]!.pointee.gap }
      if output.pointee.isScore { passLearning(to: block) }
    }
    // A source's block already holds the gap.
    if inherited.hasGap { output.pointee.restart() }
    if !output.pointee.isStarted { start(output, clock) }
  }

  /// Stamps, marks and checks what `process` yielded. False: the node broke a rule.
  @inline(__always) @_noLocks @_noAllocation
  private func finishOutputs() -> Bool {
    for index in 0..<outputCount {
      if let fault = finish(outputs + index) {
        cycle.pointee.failure = fault
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
    output.pointee.yielded += Int64(count)
    if count > 0 { output.pointee.stamp(count) }
    output.pointee.noteProgress(tokens: count, complete: block.complete)
    if let marks = output.pointee.marks {
      marks.pointee.pass(inputs, count: inputCount, to: output)
      if let learned = output.pointee.learnedMarks, block.isLearning {
        marks.pointee.giveLearned(learned, input: inputs[0]!)
      }
    }
    if output.pointee.isScore {
      if output.pointee.highest < .infinity { output.pointee.dropUnheardBands() }
      if !block.scoresAreFinite { return constantText("yielded a score that is not a finite number") }
    }
    output.pointee.watch?.note(block.pointer)
    return nil
  }
}

/// The flags of a step's inputs in one call.
struct InputFlags {
  /// AUSCULT_BLOCK_GAP, AUSCULT_BLOCK_END.
  var flags: UInt32
  /// The input that has the gap.
  var gapFrom = 0

  var hasGap: Bool { @_noLocks @_noAllocation get { flags & AUSCULT_BLOCK_GAP != 0 } }
  var isEnd: Bool { @_noLocks @_noAllocation get { flags & AUSCULT_BLOCK_END != 0 } }
}

/// A text that a realtime thread hands over by pointer.
@_noLocks @_noAllocation
func constantText(_ text: StaticString) -> UnsafePointer<CChar> {
  UnsafeRawPointer(text.utf8Start).assumingMemoryBound(to: CChar.self)
}

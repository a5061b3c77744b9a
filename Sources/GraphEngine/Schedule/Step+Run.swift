import CNodeABI
import CRealtime
import RealtimeCore

/// How a step's run ended, for whoever reports it: the realtime thread by message, a worker at once.
enum StepResult {
  case ran
  case failed
  case skipped
  /// The call was taken away while it was under way: the caller must not touch the step, nor what belongs to the node,
  /// any more.
  case takenAway
}

/// Runs one step: reset after a gap, process, then heads, marks and watermarks of what it yielded.
///
/// Thread: the one that owns the step; active.
@_noLocks @_noAllocation
func runStep(_ step: UnsafeMutablePointer<Step>, clock: UnsafePointer<auscult_clock>) -> StepResult {
  if let heard = step.pointee.heard { showHeard(step, heard) }
  var gapFrom = 0
  let flags = inputFlags(step, clock: clock, gapFrom: &gapFrom)
  noteHeard(step, clock: clock)
  prepareOutputs(step, flags: flags, gapFrom: gapFrom, clock: clock)
  if step.pointee.state.pointee.hasFailed {
    if flags & AUSCULT_BLOCK_END != 0 {
      for index in 0..<step.pointee.outputCount { markMissing(step, step.pointee.outputs + index) }
    }
    return .skipped
  }
  let call = step.pointee.call
  let number = call?.pointee.enter() ?? 0
  if flags & AUSCULT_BLOCK_GAP != 0 && !step.pointee.isIndependent {
    realtime_reset(step.pointee.nodeClass, step.pointee.instance)
  }

  let began = step.pointee.isMeasured ? realtime_nanoseconds() : 0
  step.pointee.cycle.pointee.failure = nil
  let status = realtime_process(step.pointee.nodeClass, step.pointee.instance, step.pointee.cycle)
  if let call, !call.pointee.leave(number) { return .takenAway }
  if step.pointee.marksOldBitsOnly { markHeard(step) }
  if step.pointee.isMeasured { step.pointee.state.pointee.nanoseconds += realtime_nanoseconds() - began }
  step.pointee.state.pointee.calls += 1

  guard status == AUSCULT_OK, finishOutputs(step) else {
    fail(step)
    return .failed
  }
  return .ran
}

/// A source that was built before connections and stuck inputs had marks says nothing of them.
@_noLocks @_noAllocation
private func markHeard(_ step: UnsafeMutablePointer<Step>) {
  for index in 0..<step.pointee.outputCount {
    let block = step.pointee.outputs[index].block
    let count = Int(block.pointee.capacity) * Int(block.pointee.format.pointee.channels)
    let old = UInt8(AUSCULT_MARK_SOUNDING | AUSCULT_MARK_CLIPPED)
    for place in 0..<count { block.pointee.marks![place] = (block.pointee.marks![place] & old) | Marks.unknown }
  }
}

/// What the inputs say of this call: a gap if any of them has one, the end if all have ended. Independent inputs show
/// the node each block's own flags besides.
@inline(__always) @_noLocks @_noAllocation
private func inputFlags(
  _ step: UnsafeMutablePointer<Step>, clock: UnsafePointer<auscult_clock>, gapFrom: inout Int
) -> UInt32 {
  if step.pointee.isSource {
    // The cycle has put the driver's gap into the blocks of the sources.
    let gap = step.pointee.outputCount > 0 ? step.pointee.outputs.pointee.block.pointee.flags & AUSCULT_BLOCK_GAP : 0
    return gap | (clock.pointee.flags & AUSCULT_CLOCK_END != 0 ? AUSCULT_BLOCK_END : 0)
  }
  var any: UInt32 = 0
  var all = UInt32.max
  for index in 0..<step.pointee.inputCount {
    let flags = step.pointee.inputs[index]!.pointee.flags
    if flags & AUSCULT_BLOCK_GAP != 0 { gapFrom = index }
    any |= flags
    all &= flags
  }
  return (any & AUSCULT_BLOCK_GAP) | (all & AUSCULT_BLOCK_END)
}

/// A failed node yields nothing more: what it had written in this call is withdrawn, and the stream says from where on
/// it is missing.
@_noLocks @_noAllocation
private func fail(_ step: UnsafeMutablePointer<Step>) {
  step.pointee.state.pointee.hasFailed = true
  for index in 0..<step.pointee.outputCount {
    if let progress = step.pointee.outputs[index].progress {
      progress.pointee.hasFailed.store(true, ordering: .relaxed)
    }
    let block = step.pointee.outputs[index].block
    block.pointee.count = 0
    markMissing(step, step.pointee.outputs + index)
  }
}

/// Puts a gap into the stream for what a failed node did not yield: from where it was complete to where its inputs are.
/// At the end of the stream that is said once more, for all that was missing since.
@_noLocks @_noAllocation
private func markMissing(_ step: UnsafeMutablePointer<Step>, _ output: UnsafeMutablePointer<OutputState>) {
  let block = output.pointee.block
  block.pointee.flags |= AUSCULT_BLOCK_GAP
  block.pointee.gap = auscult_gap(
    begin: output.pointee.missingFrom, end: max(output.pointee.missingFrom, step.pointee.state.pointee.heardThrough),
    cause: AUSCULT_GAP_NODE, count: 0, node: step.pointee.name)
  output.pointee.missingFrom = block.pointee.gap.end
}

/// Through which frame position the inputs of a step are there, as far as it is known: the end of a stream is no position.
@inline(__always) @_noLocks @_noAllocation
private func noteHeard(_ step: UnsafeMutablePointer<Step>, clock: UnsafePointer<auscult_clock>) {
  if step.pointee.isSource {
    step.pointee.state.pointee.heardThrough = clock.pointee.position + Int64(clock.pointee.frames)
    return
  }
  var heard = Int64.max
  for index in 0..<step.pointee.inputCount { heard = min(heard, step.pointee.inputs[index]!.pointee.complete) }
  if heard != Int64.max {
    step.pointee.state.pointee.heardThrough = max(step.pointee.state.pointee.heardThrough, heard)
  }
}

@inline(__always) @_noLocks @_noAllocation
private func prepareOutputs(
  _ step: UnsafeMutablePointer<Step>, flags: UInt32, gapFrom: Int, clock: UnsafePointer<auscult_clock>
) {
  for index in 0..<step.pointee.outputCount {
    let output = step.pointee.outputs + index
    let block = output.pointee.block
    if !step.pointee.state.pointee.hasFailed && block.pointee.complete != Int64.max {
      output.pointee.missingFrom = max(0, block.pointee.complete)
    }
    block.pointee.count = 0
    block.pointee.marks = output.pointee.ownMarks
    if step.pointee.isSource {
      block.pointee.flags = flags
      block.pointee.complete =
        flags & AUSCULT_BLOCK_END != 0 ? Int64.max : clock.pointee.position + Int64(clock.pointee.frames)
      block.pointee.end =
        flags & AUSCULT_BLOCK_END != 0 ? clock.pointee.position + Int64(clock.pointee.frames) : Int64.max
      realtime_fill(
        output.pointee.ownMarks!, Marks.heard,
        Int(block.pointee.capacity) * Int(output.pointee.format.pointee.channels))
    } else {
      block.pointee.flags = flags
      if flags & AUSCULT_BLOCK_GAP != 0 { block.pointee.gap = step.pointee.inputs[gapFrom]!.pointee.gap }
      block.pointee.complete = outputComplete(step, lookahead: output.pointee.lookahead)
      block.pointee.end = inputEnd(step)
      passOn(step, to: output)
    }
    if block.pointee.flags & AUSCULT_BLOCK_GAP != 0 {
      output.pointee.isStarted = false
      output.pointee.hasPendingGap = true
      if let marks = output.pointee.marks { marks.pointee.reset() }
    }
    startIfNeeded(step, output, clock: clock)
  }
}

/// What a block says beside its tokens: that scores are withheld.
@inline(__always) @_noLocks @_noAllocation
private func passOn(_ step: UnsafeMutablePointer<Step>, to output: UnsafeMutablePointer<OutputState>) {
  var learned = Int64.min
  for index in 0..<step.pointee.inputCount {
    let input = step.pointee.inputs[index]!
    if input.pointee.flags & AUSCULT_BLOCK_LEARNING != 0 { learned = max(learned, input.pointee.learned) }
  }
  if learned == Int64.min || !output.pointee.isScore { return }
  output.pointee.block.pointee.flags |= AUSCULT_BLOCK_LEARNING
  output.pointee.block.pointee.learned = learned
}

/// Through which frame position an output is complete: each input's watermark, less what this node waits for.
@_noLocks @_noAllocation
func outputComplete(_ step: UnsafeMutablePointer<Step>, lookahead: Int64) -> Int64 {
  var complete = Int64.max
  for index in 0..<step.pointee.inputCount {
    let input = step.pointee.sources[index]!
    let mark = input.pointee.complete
    if mark == Int64.max { continue }
    if mark == Int64.min { return Int64.min }
    complete = min(complete, mark - (lookahead - input.pointee.format.pointee.lookahead))
  }
  return complete
}

/// Where the stream ends: known once all inputs know it.
@inline(__always) @_noLocks @_noAllocation
private func inputEnd(_ step: UnsafeMutablePointer<Step>) -> Int64 {
  var end = Int64.min
  for index in 0..<step.pointee.inputCount { end = max(end, step.pointee.inputs[index]!.pointee.end) }
  return end == Int64.min ? Int64.max : end
}

/// A stretch of an evenly paced output begins where its first input token (audio: sample) lies.
@inline(__always) @_noLocks @_noAllocation
private func startIfNeeded(
  _ step: UnsafeMutablePointer<Step>, _ output: UnsafeMutablePointer<OutputState>,
  clock: UnsafePointer<auscult_clock>
) {
  if output.pointee.isStarted { return }
  if step.pointee.isSource {
    if clock.pointee.frames == 0 { return }
    output.pointee.origin = clock.pointee.position * output.pointee.format.pointee.denominator
    output.pointee.segment = clock.pointee.position
  } else {
    guard step.pointee.inputCount > 0 else { return }
    let input = step.pointee.inputs[0]!
    if input.pointee.count == 0 { return }
    let head = input.pointee.heads.pointee
    output.pointee.origin = head.origin * output.pointee.factor + head.index * output.pointee.inputPeriod
    output.pointee.segment = max(head.segment, firstFrame(input))
    if let marks = output.pointee.marks { marks.pointee.start(at: output.pointee.origin) }
  }
  output.pointee.index = 0
  output.pointee.isStarted = true
}

/// Frame position of the first sample of an audio block: a stretch that restarts behind a drop has no frame before it.
@inline(__always) @_noLocks @_noAllocation
private func firstFrame(_ input: UnsafePointer<auscult_block>) -> Int64 {
  let format = input.pointee.format.pointee
  if format.kind != AUSCULT_AUDIO { return 0 }
  let head = input.pointee.heads.pointee
  return ceilDivide(head.origin + format.offset + head.index * format.period, format.denominator)
}

/// Heads, marks and checks of what `process` yielded. False: the node broke a rule.
@inline(__always) @_noLocks @_noAllocation
private func finishOutputs(_ step: UnsafeMutablePointer<Step>) -> Bool {
  for index in 0..<step.pointee.outputCount {
    let output = step.pointee.outputs + index
    let block = output.pointee.block
    if block.pointee.count > block.pointee.capacity {
      step.pointee.cycle.pointee.failure = constantText("yielded more tokens than its configure declared")
      return false
    }
    output.pointee.yielded += Int64(block.pointee.count)
    if block.pointee.count > 0 { stamp(output, block) }
    noteProgress(output, tokens: Int(block.pointee.count), complete: block.pointee.complete)
    if let marks = output.pointee.marks {
      marks.pointee.pass(step.pointee.inputs, count: step.pointee.inputCount, to: output)
      if let learned = output.pointee.learnedMarks, block.pointee.flags & AUSCULT_BLOCK_LEARNING != 0 {
        marks.pointee.giveLearned(learned, input: step.pointee.inputs[0]!)
      }
    }
    if output.pointee.isScore && output.pointee.highest < .infinity { dropUnheardBands(output, block) }
    if output.pointee.isScore && !scoresAreFinite(block) {
      step.pointee.cycle.pointee.failure = constantText("yielded a score that is not a finite number")
      return false
    }
    output.pointee.watch?.note(block)
  }
  return true
}

/// Tells the control thread how a fresh node gets on.
@inline(__always) @_noLocks @_noAllocation
func noteProgress(_ output: UnsafeMutablePointer<OutputState>, tokens: Int, complete: Int64) {
  guard let progress = output.pointee.progress else { return }
  let isBegun = progress.pointee.start.load(ordering: .relaxed) != Int64.max
  if output.pointee.isStarted && !isBegun {
    let start = floorDivide(output.pointee.origin, output.pointee.format.pointee.denominator)
    progress.pointee.start.store(start, ordering: .relaxed)
  }
  progress.pointee.tokens.add(Int64(tokens), ordering: .relaxed)
  progress.pointee.complete.store(complete, ordering: .releasing)
}

@inline(__always) @_noLocks @_noAllocation
private func stamp(_ output: UnsafeMutablePointer<OutputState>, _ block: UnsafeMutablePointer<auscult_block>) {
  let gapFlag = output.pointee.hasPendingGap ? AUSCULT_TOKEN_GAP : 0
  output.pointee.hasPendingGap = false
  if output.pointee.isStampedByNode {
    block.pointee.heads.pointee.flags |= gapFlag
    for token in 0..<Int(block.pointee.count) {
      block.pointee.heads[token].generation = output.pointee.generations.generation(at: block.pointee.end(of: token))
    }
    return
  }
  let count = Int64(block.pointee.count)
  let heads = output.pointee.isAudio ? 1 : count
  var head = auscult_head(
    origin: output.pointee.origin, index: output.pointee.index, segment: output.pointee.segment, flags: gapFlag,
    generation: 0)
  for token in 0..<Int(heads) {
    block.pointee.heads[token] = head
    let last = output.pointee.isAudio ? Int(count) - 1 : token
    block.pointee.heads[token].generation = output.pointee.generations.generation(at: block.pointee.end(of: last))
    head.index += 1
    head.flags = 0
  }
  output.pointee.index += count
}

@_noLocks @_noAllocation
private func scoresAreFinite(_ block: UnsafeMutablePointer<auscult_block>) -> Bool {
  for token in 0..<Int(block.pointee.count) {
    for channel in 0..<Int(block.pointee.format.pointee.channels) {
      let place =
        block.pointee.data + token * Int(block.pointee.token_stride)
        + channel * Int(block.pointee.channel_stride)
      let score = place.assumingMemoryBound(to: auscult_score.self).pointee
      if !score.score.isFinite || !score.threshold.isFinite { return false }
    }
  }
  return true
}

/// A text that a realtime thread hands over by pointer.
@_noLocks @_noAllocation
func constantText(_ text: StaticString) -> UnsafePointer<CChar> {
  UnsafeRawPointer(text.utf8Start).assumingMemoryBound(to: CChar.self)
}

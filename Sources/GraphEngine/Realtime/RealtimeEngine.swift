import CNodeABI
import CRealtime
import RealtimeCore

/// What a driver hands over in one cycle.
public struct DriverCycle {
  /// Frames in this cycle; any number.
  public var frames: Int
  /// Frames that were lost just before this cycle, and why: AUSCULT_GAP_*.
  public var gapBefore: Int64
  public var gapCause: UInt32
  /// Nothing waits for this cycle: files, by hand, freewheel.
  public var hasNoDeadline: Bool
  /// The driver has no more frames; every node yields what it holds back. `frames` is 0.
  public var isEnd: Bool
  /// Samples [frames] of each external input, in the order of `Engine.externalInputs`.
  public var inputs: UnsafePointer<UnsafePointer<Float>?>?
  /// Of each external input: whether anything is connected to the driver's port. nil: all are.
  public var connected: UnsafePointer<UInt8>?
  /// Where the samples [frames] of each external output go, in the order of `Engine.externalOutputs`.
  public var outputs: UnsafePointer<UnsafeMutablePointer<Float>?>?

  @_noLocks @_noAllocation
  public init(
    frames: Int, gapBefore: Int64 = 0, gapCause: UInt32 = AUSCULT_GAP_XRUN, hasNoDeadline: Bool = false,
    isEnd: Bool = false, inputs: UnsafePointer<UnsafePointer<Float>?>? = nil, connected: UnsafePointer<UInt8>? = nil,
    outputs: UnsafePointer<UnsafeMutablePointer<Float>?>? = nil
  ) {
    self.frames = frames
    self.gapBefore = gapBefore
    self.gapCause = gapCause
    self.connected = connected
    self.hasNoDeadline = hasNoDeadline
    self.isEnd = isEnd
    self.inputs = inputs
    self.connected = connected
    self.outputs = outputs
  }
}

/// The engine as the driver's realtime thread sees it. Everything here is marked: the compiler proves that it neither
/// allocates nor locks.
public struct RealtimeEngine: @unchecked Sendable {
  let state: UnsafeMutablePointer<RealtimeState>

  /// Frame position of the next cycle.
  public var position: Int64 {
    @_noLocks @_noAllocation get { state.pointee.position.load(ordering: .relaxed) }
  }

  /// Counts an xrun that the server reported. Thread: any.
  @_noLocks @_noAllocation
  public func countXrun() { state.pointee.counters.xruns.add(1, ordering: .relaxed) }

  /// Counts a step of the server's clock that was taken back. Thread: realtime.
  @_noLocks @_noAllocation
  public func countLate() { state.pointee.counters.late.add(1, ordering: .relaxed) }

  /// Runs the current schedule over one cycle.
  ///
  /// Thread: realtime.
  @_noLocks @_noAllocation
  public func cycle(_ cycle: DriverCycle) {
    realtime_enter()
    let denormals = realtime_flush_denormals()
    let began = realtime_nanoseconds()
    takePendingSchedule()
    takeExchange()
    if cycle.gapBefore > 0 { countGap(cycle.gapBefore, cycle.gapCause) }
    runQuanta(cycle)
    state.pointee.running.store(nil, ordering: .relaxed)
    count(cycle, nanoseconds: realtime_nanoseconds() - began)
    realtime_restore_denormals(denormals)
    realtime_exit()
  }

  /// The exchange: takes what the control thread has laid ready, if there is a slot free to hand the old one back.
  @_noLocks @_noAllocation
  private func takePendingSchedule() {
    if state.pointee.pending.load(ordering: .relaxed) == nil || state.pointee.messages.room == 0 { return }
    guard let next = state.pointee.pending.exchange(nil, ordering: .acquiringAndReleasing) else { return }
    let old = state.pointee.schedule
    state.pointee.schedule = next
    state.pointee.messages.push(
      RealtimeMessage(.scheduleRetired, first: position, pointer: UnsafeRawPointer(old)))
  }

  /// The exchange of a swap lies at this cycle's start.
  @_noLocks @_noAllocation
  private func takeExchange() {
    if state.pointee.exchange.load(ordering: .relaxed) == nil { return }
    // The schedule that it belongs to comes first.
    if state.pointee.pending.load(ordering: .relaxed) != nil { return }
    guard let point = state.pointee.exchange.exchange(nil, ordering: .acquiringAndReleasing) else { return }
    guard let schedule = state.pointee.schedule, let swap = schedule.pointee.point else { return }
    let isForward = point == swap.pointee.forward
    state.pointee.generations.note(
      isForward ? swap.pointee.forwardGeneration : swap.pointee.backGeneration, from: position)
    point.pointee.store(position, ordering: .releasing)
    for index in 0..<schedule.pointee.tuningCount { schedule.pointee.tunings[index].take(isForward: isForward) }
  }

  @_noLocks @_noAllocation
  private func countGap(_ frames: Int64, _ cause: UInt32) {
    state.pointee.counters.gaps.add(1, ordering: .relaxed)
    state.pointee.counters.lostFrames.add(frames, ordering: .relaxed)
    let reason = cause == AUSCULT_GAP_SERVER ? constantText("without a server") : nil
    state.pointee.messages.push(RealtimeMessage(.gap, first: position, second: position + frames, pointer: reason))
  }

  @_noLocks @_noAllocation
  private func count(_ cycle: DriverCycle, nanoseconds: Int64) {
    state.pointee.counters.cycles.add(1, ordering: .relaxed)
    state.pointee.counters.frames.add(Int64(cycle.frames), ordering: .relaxed)
    state.pointee.counters.busy.add(nanoseconds, ordering: .relaxed)
    if nanoseconds > state.pointee.counters.longest.load(ordering: .relaxed) {
      state.pointee.counters.longest.store(nanoseconds, ordering: .relaxed)
    }
  }

  /// Runs the schedule in pieces of at most a quantum: results do not depend on the cut, so that any period size works
  /// with buffers of one size.
  @_noLocks @_noAllocation
  private func runQuanta(_ cycle: DriverCycle) {
    guard let schedule = state.pointee.schedule else {
      state.pointee.position.store(position + cycle.gapBefore + Int64(cycle.frames), ordering: .relaxed)
      return
    }
    var gap = cycle.gapBefore
    var done = 0
    repeat {
      let frames = min(cycle.frames - done, schedule.pointee.quantum)
      let begin = position + gap
      schedule.pointee.clock.pointee = auscult_clock(
        position: begin, frames: UInt32(truncatingIfNeeded: frames),
        flags: (cycle.isEnd ? AUSCULT_CLOCK_END : 0) | (cycle.hasNoDeadline ? AUSCULT_CLOCK_NO_DEADLINE : 0))
      point(schedule, to: cycle, offset: done)
      noteLevels(schedule)
      runSteps(schedule, gap: gap, cause: cycle.gapCause)
      state.pointee.position.store(begin + Int64(frames), ordering: .relaxed)
      gap = 0
      done += frames
    } while done < cycle.frames
  }

  @_noLocks @_noAllocation
  private func point(_ schedule: UnsafeMutablePointer<RealtimeSchedule>, to cycle: DriverCycle, offset: Int) {
    for index in 0..<schedule.pointee.inputChannelCount {
      let samples = cycle.inputs.flatMap { $0[schedule.pointee.inputChannels[index].index] }
      schedule.pointee.externalInputs[index] = samples.map { $0 + offset } ?? schedule.pointee.silence
      schedule.pointee.externalConnected[index] =
        cycle.connected.map { $0[schedule.pointee.inputChannels[index].index] } ?? 1
    }
    for index in 0..<schedule.pointee.outputChannelCount {
      let channel = schedule.pointee.outputChannels[index]
      let samples = plays(channel.side, schedule) ? cycle.outputs.flatMap { $0[channel.index] } : nil
      schedule.pointee.externalOutputs[index] = samples.map { $0 + offset } ?? schedule.pointee.waste
    }
  }

  /// Whether a step's samples go out: two may have the same channel during a swap, one before the exchange, one after it.
  @_noLocks @_noAllocation
  private func plays(_ side: SwapSide, _ schedule: UnsafeMutablePointer<RealtimeSchedule>) -> Bool {
    guard side != .both, let point = schedule.pointee.point else { return true }
    let isExchanged = point.pointee.forward.pointee.load(ordering: .relaxed) != SwapPoint.unset
    let isBack = point.pointee.back.pointee.load(ordering: .relaxed) != SwapPoint.unset
    return (isExchanged && !isBack) == (side == .new)
  }

  @_noLocks @_noAllocation
  private func runSteps(_ schedule: UnsafeMutablePointer<RealtimeSchedule>, gap: Int64, cause: UInt32) {
    let clock = UnsafePointer(schedule.pointee.clock)
    for index in 0..<schedule.pointee.stepCount {
      let step = schedule.pointee.steps + index
      for tap in 0..<schedule.pointee.taps[index].count { schedule.pointee.taps[index].list[tap].run() }
      if step.pointee.isSource { enterGap(step, frames: gap, cause, position: clock.pointee.position) }
      if let join = step.pointee.join, let sources = schedule.pointee.joinSources[index] {
        gather(join, from: sources)
      }
      state.pointee.running.store(step.pointee.name, ordering: .relaxed)
      if runStep(step, clock: clock) == .failed { report(step) }
      if step.pointee.state.pointee.hasFailed { silence(step, schedule, frames: Int(clock.pointee.frames)) }
      if let join = step.pointee.join { finish(join) }
      pushCrossings(step)
    }
  }

  @_noLocks @_noAllocation
  private func enterGap(_ step: UnsafeMutablePointer<Step>, frames: Int64, _ cause: UInt32, position: Int64) {
    for index in 0..<step.pointee.outputCount {
      let block = step.pointee.outputs[index].block
      block.pointee.flags = frames > 0 ? AUSCULT_BLOCK_GAP : 0
      block.pointee.gap = auscult_gap(
        begin: position - frames, end: position, cause: cause, count: 0, node: step.pointee.name)
    }
  }

  @_noLocks @_noAllocation
  private func gather(
    _ join: UnsafeMutablePointer<Join>, from sources: UnsafeMutablePointer<UnsafePointer<auscult_block>?>
  ) {
    for index in 0..<join.pointee.inputCount where sources[index]!.pointee.flags & AUSCULT_BLOCK_GAP != 0 {
      join.pointee.enterGap(sources[index]!.pointee.gap)
      break
    }
    for index in 0..<join.pointee.inputCount {
      let block = sources[index]!
      if join.pointee.queues[index].append(block) { continue }
      // More waits than the compiler's bound allows: the oldest can find no partner any more.
      let excess = join.pointee.queues[index].count + Int(block.pointee.count) - join.pointee.queues[index].capacity
      join.pointee.unmatched += Int64(excess)
      join.pointee.queues[index].remove(min(excess, join.pointee.queues[index].count))
      _ = join.pointee.queues[index].append(block)
    }
    join.pointee.present(join.pointee.match(), end: join.pointee.hasEnded)
  }

  @_noLocks @_noAllocation
  private func finish(_ join: UnsafeMutablePointer<Join>) {
    join.pointee.consume(Int(join.pointee.joined.pointee.count))
    if join.pointee.joined.pointee.flags & AUSCULT_BLOCK_END != 0 { join.pointee.clear() }
    if join.pointee.unmatched > 0 {
      if !join.pointee.isFresh { countUnmatched(join.pointee.unmatched) }
      join.pointee.unmatched = 0
    }
  }

  @_noLocks @_noAllocation
  private func countUnmatched(_ tokens: Int64) { state.pointee.counters.unmatched.add(tokens, ordering: .relaxed) }

  @_noLocks @_noAllocation
  private func report(_ step: UnsafeMutablePointer<Step>) {
    state.pointee.messages.push(
      RealtimeMessage(
        .nodeFailed, node: step.pointee.node, first: position,
        pointer: UnsafeRawPointer(step.pointee.cycle.pointee.failure)))
  }

  /// A failed audio sink leaves silence behind, not the driver's stale memory.
  @_noLocks @_noAllocation
  private func silence(
    _ step: UnsafeMutablePointer<Step>, _ schedule: UnsafeMutablePointer<RealtimeSchedule>, frames: Int
  ) {
    for channel in 0..<step.pointee.externalOutputCount {
      if let samples = schedule.pointee.externalOutputs[step.pointee.externalOutputBase + channel] {
        realtime_zero(samples, frames * 4)
      }
    }
  }
}

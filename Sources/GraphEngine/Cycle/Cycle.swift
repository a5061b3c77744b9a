import CNodeABI
import CRealtime
import RealtimeCore

/// The code of every cycle, from the driver's callback to the last node. Read this page first.
///
/// A driver calls `RealtimeEngine.cycle` with its frames. `runQuanta` cuts them into pieces of at most one quantum;
/// `runSteps` runs every step of the schedule on a piece. Rare cases have files of their own. Each is one call here:
///
/// | call | when | file |
/// |---|---|---|
/// | `takeSchedule`, `takeExchange` | the graph is being changed | Exchange.swift |
/// | `splices.run` | during a swap, at inputs that change over | InputSplice.swift |
/// | `gather`, `finish` | a node joins several inputs | StepJoin.swift, Join.swift |
/// | `beginGap` | the driver has lost frames | Gap.swift |
/// | `report`, `silenceOutputs`, `fail` | a node fails | Failure.swift |
/// | `report` | a worker's queue is full | Drop.swift |
/// | `lookAtValues` | after the steps: whether what a node yields is finite | Values.swift |
///
/// All functions here are marked: the compiler proves that they neither allocate nor lock.
extension RealtimeState {
  /// Thread: realtime.
  @_noLocks @_noAllocation
  mutating func run(_ cycle: DriverCycle) {
    realtime_enter()
    let denormals = realtime_flush_denormals()
    let began = cycle.isObserved ? realtime_nanoseconds() : 0
    takeSchedule()
    takeExchange()
    if cycle.gapBefore > 0 { countGap(cycle.gapBefore, cycle.gapCause) }
    runQuanta(cycle)
    running.store(nil, ordering: .relaxed)
    count(cycle)
    if cycle.isObserved { countTime(nanoseconds: realtime_nanoseconds() - began) }
    realtime_restore_denormals(denormals)
    realtime_exit()
  }

  /// Runs the cycle in pieces of at most one quantum, so that blocks of one size serve any period, with equal results.
  @_noLocks @_noAllocation
  private func runQuanta(_ cycle: DriverCycle) {
    guard let schedule else { return skip(cycle) }
    var gap = cycle.gapBefore
    var done = 0
    repeat {
      let frames = min(cycle.frames - done, schedule.pointee.quantum)
      let begin = position.load(ordering: .relaxed) + gap
      schedule.pointee.begin(cycle, at: begin, frames: frames)
      schedule.pointee.connect(cycle, offset: done)
      if cycle.isObserved { measureInputs(schedule) }
      runSteps(schedule, gap: gap, cause: cycle.gapCause)
      position.store(begin + Int64(frames), ordering: .relaxed)
      gap = 0
      done += frames
    } while done < cycle.frames
  }

  /// Without a schedule nothing runs; only the frame position advances.
  @_noLocks @_noAllocation
  private func skip(_ cycle: DriverCycle) {
    let begin = position.load(ordering: .relaxed) + cycle.gapBefore
    position.store(begin + Int64(cycle.frames), ordering: .relaxed)
  }

  @_noLocks @_noAllocation
  private func runSteps(_ schedule: UnsafeMutablePointer<RealtimeSchedule>, gap: Int64, cause: UInt32) {
    let clock = UnsafePointer(schedule.pointee.clock)
    var step = schedule.pointee.steps
    let end = step + schedule.pointee.stepCount
    while step != end {
      let isPlain = step.isPlain
      if !isPlain { prepareInputs(of: step, gap: gap, cause, clock) }
      running.store(step.pointee.name, ordering: .relaxed)
      let result = isPlain ? step.runPlain() : runStep(step, clock: clock)
      if result != .ran { silence(step, result, schedule) }
      if step.pointee.join != nil { finishJoin(of: step) }
      if step.pointee.linkCount > 0 { push(step) }
      step += 1
    }
    lookAtValues(schedule)
  }

  @inline(never) @_noLocks @_noAllocation
  private func prepareInputs(
    of step: UnsafeMutablePointer<Step>, gap: Int64, _ cause: UInt32, _ clock: UnsafePointer<auscult_clock>
  ) {
    step.pointee.splices.run()
    if step.pointee.isSource { step.beginGap(frames: gap, cause, position: clock.pointee.position) }
    step.gather()
  }

  /// Pushes what a step has yielded to the workers. Drops a block that does not fit whole: this thread never waits.
  @_noLocks @_noAllocation
  private func push(_ step: UnsafeMutablePointer<Step>) {
    for index in 0..<step.pointee.linkCount {
      let link = step.pointee.links[index]
      let result = link.producer.pointee.push(step.pointee.outputs[link.output].block)
      if !result.isOrdinary { report(result, of: link.producer) }
    }
  }

  @_noLocks @_noAllocation
  private func count(_ cycle: DriverCycle) {
    // Only this thread writes, so a load and a store make a sum.
    counters.cycles.store(counters.cycles.load(ordering: .relaxed) &+ 1, ordering: .relaxed)
    counters.frames.store(counters.frames.load(ordering: .relaxed) &+ Int64(cycle.frames), ordering: .relaxed)
  }
}

extension RealtimeSchedule {
  @inline(__always) @_noLocks @_noAllocation
  func begin(_ cycle: DriverCycle, at position: Int64, frames: Int) {
    clock.pointee = auscult_clock(
      position: position, frames: UInt32(truncatingIfNeeded: frames),
      flags: (cycle.isEnd ? AUSCULT_CLOCK_END : 0) | (cycle.hasNoDeadline ? AUSCULT_CLOCK_NO_DEADLINE : 0))
  }

  /// Points the nodes' external channels to the driver's samples, beginning at frame `offset`.
  @inline(__always) @_noLocks @_noAllocation
  func connect(_ cycle: DriverCycle, offset: Int) {
    for index in 0..<inputChannelCount {
      let channel = inputChannels[index].index
      let samples = cycle.inputs.flatMap { $0[channel] }
      externalInputs[index] = samples.map { $0 + offset } ?? silence
      externalConnected[index] = cycle.connected.map { $0[channel] } ?? 1
    }
    for index in 0..<outputChannelCount {
      let channel = outputChannels[index]
      let samples = plays(channel.side) ? cycle.outputs.flatMap { $0[channel.index] } : nil
      externalOutputs[index] = samples.map { $0 + offset } ?? waste
    }
  }
}

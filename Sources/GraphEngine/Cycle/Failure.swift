import CNodeABI
import CRealtime
import NodeABI
import RealtimeCore

/// A node fails: it yields no more tokens, its stream says what is missing, and the graph runs on.
extension RealtimeState {
  /// Reports a node that fails now, and fills its audio outputs with silence, as in all later cycles.
  @inline(never) @_noLocks @_noAllocation
  func silence(
    _ step: UnsafeMutablePointer<Step>, _ result: StepResult, _ schedule: UnsafeMutablePointer<RealtimeSchedule>
  ) {
    if result == .failed { report(step) }
    schedule.pointee.silenceOutputs(of: step, frames: Int(schedule.pointee.clock.pointee.frames))
  }

  @_noLocks @_noAllocation
  func report(_ step: UnsafeMutablePointer<Step>) {
    messages.push(
      RealtimeMessage(
        .nodeFailed, node: step.pointee.node, first: position.load(ordering: .relaxed),
        pointer: UnsafeRawPointer(step.pointee.cycle.pointee.failure)))
  }
}

extension RealtimeSchedule {
  /// Fills a failed audio sink's channels with silence. The driver's memory there is stale.
  @_noLocks @_noAllocation
  func silenceOutputs(of step: UnsafeMutablePointer<Step>, frames: Int) {
    for channel in 0..<step.pointee.externalOutputCount {
      if let samples = externalOutputs[step.pointee.externalOutputBase + channel] {
        realtime_zero(samples, frames * MemoryLayout<Float>.stride)
      }
    }
  }
}

extension UnsafeMutablePointer where Pointee == Step {
  /// Quarantines the node and withdraws what it wrote in this call.
  @_noLocks @_noAllocation
  func fail() {
    pointee.state.hasFailed = true
    pointee.state.isFailureMarked = true
    for index in 0..<pointee.outputCount {
      if let progress = pointee.outputs[index].progress { progress.pointee.hasFailed.store(true, ordering: .relaxed) }
      pointee.outputs[index].block.count = 0
    }
    flagMissing()
  }

  /// Ends a call that has not gone well: the node has failed, or has lost the call's tokens and goes on.
  @inline(never) @_noLocks @_noAllocation
  func end(_ status: auscult_status) -> StepResult {
    if status == HostStatus.lost {
      lose()
      return .ran
    }
    fail()
    return .failed
  }

  /// The tokens of this call are lost, and the node goes on: what it yields next stands where its input does. The node
  /// has put the gap into the blocks. A node that is new in a swap has failed its probation.
  @_noLocks @_noAllocation
  private func lose() {
    for index in 0..<pointee.outputCount {
      let output = pointee.outputs + index
      output.pointee.block.count = 0
      output.pointee.restart()
      output.pointee.progress?.pointee.hasFailed.store(true, ordering: .relaxed)
    }
  }

  /// The tokens of this call are left out, because the node's input is at fault: the output has a gap for them, and
  /// goes on.
  @_noLocks @_noAllocation
  func leaveOut(_ output: UnsafeMutablePointer<StepOutput>) {
    pointee.state.countLeftOut()
    output.pointee.block.count = 0
    flagMissing(output)
    output.pointee.restart()
  }

  /// Puts a gap into each output for the tokens that are missing: from the output's watermark to the inputs'. At the
  /// end of the stream a second gap covers everything that was missing since the first.
  @_noLocks @_noAllocation
  func flagMissing() {
    for index in 0..<pointee.outputCount { flagMissing(pointee.outputs + index) }
  }

  @_noLocks @_noAllocation
  private func flagMissing(_ output: UnsafeMutablePointer<StepOutput>) {
    let block = output.pointee.block
    let begin = output.pointee.missingFrom
    block.flags |= AUSCULT_BLOCK_GAP
    block.gap = auscult_gap(
      begin: begin, end: max(begin, pointee.state.inputWatermark), cause: AUSCULT_GAP_NODE, count: 0,
      node: pointee.name)
    output.pointee.missingFrom = block.gap.end
  }
}

import CNodeABI
import CRealtime
import RealtimeCore

/// A node that fails: it yields nothing more, its stream says from where on it is missing, the graph runs on.
extension RealtimeState {
  @_noLocks @_noAllocation
  func report(_ step: UnsafeMutablePointer<Step>) {
    messages.push(
      RealtimeMessage(
        .nodeFailed, node: step.pointee.node, first: position.load(ordering: .relaxed),
        pointer: UnsafeRawPointer(step.pointee.cycle.pointee.failure)))
  }
}

extension RealtimeSchedule {
  /// A failed audio sink leaves silence behind, not the driver's stale memory.
  @_noLocks @_noAllocation
  func silenceOutputs(of step: UnsafeMutablePointer<Step>, frames: Int) {
    for channel in 0..<step.pointee.externalOutputCount {
      if let samples = externalOutputs[step.pointee.externalOutputBase + channel] {
        realtime_zero(samples, frames * MemoryLayout<Float>.stride)
      }
    }
  }
}

extension Step {
  /// What it had written in this call is withdrawn.
  @_noLocks @_noAllocation
  func fail() {
    state.hasFailed = true
    for index in 0..<outputCount {
      if let progress = outputs[index].progress { progress.pointee.hasFailed.store(true, ordering: .relaxed) }
      outputs[index].block.count = 0
    }
    flagMissing()
  }

  /// Puts a gap into each output for what the node did not yield: from where it was complete to where its inputs are.
  /// At the end of the stream that is said once more, for all that was missing since.
  @_noLocks @_noAllocation
  func flagMissing() {
    for index in 0..<outputCount {
      let block = outputs[index].block
      let begin = outputs[index].missingFrom
      block.flags |= AUSCULT_BLOCK_GAP
      block.gap = auscult_gap(
        begin: begin, end: max(begin, state.heardThrough), cause: AUSCULT_GAP_NODE, count: 0, node: name)
      outputs[index].missingFrom = block.gap.end
    }
  }
}

import CNodeABI
import RealtimeCore

/// Counts and reports what the driver has lost, and puts it into the stream.
extension RealtimeState {
  @_noLocks @_noAllocation
  func countGap(_ frames: Int64, _ cause: UInt32) {
    counters.gaps.add(1, ordering: .relaxed)
    counters.lostFrames.add(frames, ordering: .relaxed)
    let begin = position.load(ordering: .relaxed)
    let reason = cause == AUSCULT_GAP_SERVER ? constantText("without a server") : nil
    messages.push(RealtimeMessage(.gap, first: begin, second: begin + frames, pointer: reason))
  }
}

extension UnsafeMutablePointer where Pointee == Step {
  /// Puts the frames that were lost before this call into a source's blocks, as a gap; 0: none were lost.
  @inline(__always) @_noLocks @_noAllocation
  func beginGap(frames: Int64, _ cause: UInt32, position: Int64) {
    for index in 0..<pointee.outputCount {
      let block = pointee.outputs[index].block
      block.flags = frames > 0 ? AUSCULT_BLOCK_GAP : 0
      block.gap = auscult_gap(begin: position - frames, end: position, cause: cause, count: 0, node: pointee.name)
    }
  }
}

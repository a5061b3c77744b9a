import CNodeABI
import RealtimeCore

/// Joins the inputs of a step on the realtime thread: tokens wait until every input has its partner.
extension UnsafeMutablePointer where Pointee == Step {
  /// Queues the incoming tokens and prepares those that match.
  @inline(__always) @_noLocks @_noAllocation
  func gather() {
    if let join = pointee.join, let sources = pointee.joinSources { join.pointee.gather(sources) }
  }

}

extension RealtimeState {
  /// Removes the tokens that the node has taken, and counts those that found no partner.
  @_noLocks @_noAllocation
  func finishJoin(of step: UnsafeMutablePointer<Step>) {
    if let unmatched = step.pointee.join?.pointee.finish() { counters.unmatched.add(unmatched, ordering: .relaxed) }
  }
}

extension Join {
  @_noLocks @_noAllocation
  fileprivate mutating func gather(_ sources: UnsafeMutablePointer<UnsafePointer<auscult_block>?>) {
    for index in 0..<inputCount where sources[index]!.pointee.flags & AUSCULT_BLOCK_GAP != 0 {
      enterGap(sources[index]!.pointee.gap)
      break
    }
    for index in 0..<inputCount {
      let block = sources[index]!
      if queues[index].append(block) { continue }
      // More tokens wait than the compiler's bound allows: the oldest ones can find no partner any more.
      let excess = queues[index].count + Int(block.pointee.count) - queues[index].capacity
      unmatched += Int64(excess)
      queues[index].remove(min(excess, queues[index].count))
      _ = queues[index].append(block)
    }
    present(match(), end: hasEnded)
  }

  @_noLocks @_noAllocation
  fileprivate mutating func finish() -> Int64? {
    consume(Int(joined.pointee.count))
    if joined.pointee.flags & AUSCULT_BLOCK_END != 0 { clear() }
    return takeUnmatched()
  }

  /// Number of tokens that found no partner since the last call; nil: none that count.
  @_noLocks @_noAllocation
  mutating func takeUnmatched() -> Int64? {
    if unmatched == 0 { return nil }
    defer { unmatched = 0 }
    return isFresh ? nil : unmatched
  }
}

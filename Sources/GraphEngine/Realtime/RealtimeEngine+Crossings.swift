import CNodeABI
import RealtimeCore

/// Links that leave the realtime thread: push or drop, never wait.
extension RealtimeEngine {
  @_noLocks @_noAllocation
  func pushCrossings(_ step: UnsafeMutablePointer<Step>) {
    for index in 0..<step.pointee.outputCount {
      let output = step.pointee.outputs + index
      for crossing in 0..<output.pointee.crossingCount {
        pushOrDrop(output, output.pointee.crossings + crossing)
      }
    }
  }

  /// Pushes a block, or drops it whole: the realtime thread never waits. The first block that fits again is led by a gap
  /// that says what was dropped.
  @_noLocks @_noAllocation
  private func pushOrDrop(
    _ output: UnsafeMutablePointer<OutputState>, _ crossing: UnsafeMutablePointer<Crossing>
  ) {
    let block = UnsafePointer(output.pointee.block)
    let isWorthwhile = block.pointee.count > 0 || block.pointee.flags != 0
    if isWorthwhile {
      if crossing.pointee.isDropping && !pushDropGap(output, crossing) {
        noteDrop(block, crossing)
        return
      }
      if !crossing.pointee.ring.pointee.push(block) {
        noteDrop(block, crossing)
        return
      }
    }
    if !crossing.pointee.isDropping { crossing.pointee.ring.pointee.publish(complete: block.pointee.complete) }
  }

  @_noLocks @_noAllocation
  private func pushDropGap(
    _ output: UnsafeMutablePointer<OutputState>, _ crossing: UnsafeMutablePointer<Crossing>
  ) -> Bool {
    guard crossing.pointee.ring.pointee.hasRoom(for: crossing.pointee.mostBytes) else { return false }
    let block = output.pointee.block
    let before = block.pointee
    block.pointee.count = 0
    block.pointee.flags = AUSCULT_BLOCK_GAP
    block.pointee.complete = crossing.pointee.dropEnd
    block.pointee.gap = auscult_gap(
      begin: crossing.pointee.dropBegin, end: crossing.pointee.dropEnd, cause: AUSCULT_GAP_DROP,
      count: UInt32(truncatingIfNeeded: crossing.pointee.droppedTokens), node: crossing.pointee.consumer)
    let isPushed = crossing.pointee.ring.pointee.push(block)
    block.pointee = before
    guard isPushed else { return false }
    state.pointee.messages.push(
      RealtimeMessage(
        .dropEnded, node: crossing.pointee.consumerNode, first: crossing.pointee.dropEnd,
        second: crossing.pointee.droppedTokens))
    crossing.pointee.droppedTokens = 0
    crossing.pointee.isDropping = false
    return true
  }

  @_noLocks @_noAllocation
  private func noteDrop(_ block: UnsafePointer<auscult_block>, _ crossing: UnsafeMutablePointer<Crossing>) {
    // A gap of the driver that finds no room either is told as part of the drop.
    let hasGap = block.pointee.flags & AUSCULT_BLOCK_GAP != 0
    if !crossing.pointee.isDropping {
      crossing.pointee.isDropping = true
      crossing.pointee.dropBegin = hasGap ? block.pointee.gap.begin : blockBegin(block)
      state.pointee.messages.push(
        RealtimeMessage(.dropBegan, node: crossing.pointee.consumerNode, first: crossing.pointee.dropBegin))
    }
    let count = Int(block.pointee.count)
    crossing.pointee.dropEnd = count > 0 ? blockEnd(block) : block.pointee.gap.end
    crossing.pointee.droppedTokens += Int64(count)
    crossing.pointee.ring.pointee.countDropped(count)
  }

  /// Begin of a block's first token, as a frame position.
  @_noLocks @_noAllocation
  private func blockBegin(_ block: UnsafePointer<auscult_block>) -> Int64 {
    if block.pointee.count == 0 { return position }
    let format = block.pointee.format.pointee
    let first = block.pointee.heads[0]
    return max(
      floorDivide(first.origin + format.offset + first.index * format.period, format.denominator), first.segment)
  }

  /// End of a block's last token, as a frame position.
  @_noLocks @_noAllocation
  private func blockEnd(_ block: UnsafePointer<auscult_block>) -> Int64 {
    let format = block.pointee.format.pointee
    let count = Int(block.pointee.count)
    let isAudio = format.kind == AUSCULT_AUDIO
    let head = block.pointee.heads[isAudio ? 0 : count - 1]
    let last = isAudio ? head.index + Int64(count) - 1 : head.index
    return ceilDivide(head.origin + format.offset + last * format.period + format.extent, format.denominator)
  }
}

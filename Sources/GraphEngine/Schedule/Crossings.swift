import CNodeABI
import RealtimeCore

/// What became of a block that was to go through a ring.
enum PushResult {
  case pushed
  /// It found no room: the first of a drop.
  case droppedFirst
  case dropped
  /// It was pushed, behind a gap that ends a drop of so many tokens.
  case pushedBehindDrop(tokens: Int64, end: Int64)
}

/// Pushes a block, or drops it whole: the producer never waits. The first block that fits again is led by a gap that says
/// what was dropped.
///
/// Thread: the producer's.
@_noLocks @_noAllocation
func pushOrDrop(
  _ block: UnsafePointer<auscult_block>, _ crossing: UnsafeMutablePointer<Crossing>
) -> PushResult {
  var result = PushResult.pushed
  if block.pointee.count > 0 || block.pointee.flags != 0 {
    if crossing.pointee.isDropping {
      let (tokens, end) = (crossing.pointee.droppedTokens, crossing.pointee.dropEnd)
      guard pushDropGap(block, crossing) else {
        noteDrop(block, crossing)
        return .dropped
      }
      result = .pushedBehindDrop(tokens: tokens, end: end)
    }
    if !crossing.pointee.ring.pointee.push(block) {
      let isFirst = !crossing.pointee.isDropping
      noteDrop(block, crossing)
      return isFirst ? .droppedFirst : .dropped
    }
  }
  if !crossing.pointee.isDropping { crossing.pointee.ring.pointee.publish(complete: block.pointee.complete) }
  return result
}

@_noLocks @_noAllocation
private func pushDropGap(
  _ block: UnsafePointer<auscult_block>, _ crossing: UnsafeMutablePointer<Crossing>
) -> Bool {
  guard crossing.pointee.ring.pointee.hasRoom(for: crossing.pointee.mostBytes) else { return false }
  var gap = block.pointee
  gap.count = 0
  gap.flags = AUSCULT_BLOCK_GAP
  gap.complete = crossing.pointee.dropEnd
  gap.gap = auscult_gap(
    begin: crossing.pointee.dropBegin, end: crossing.pointee.dropEnd,
    cause: crossing.pointee.isOverdue ? AUSCULT_GAP_NODE : AUSCULT_GAP_DROP,
    count: UInt32(truncatingIfNeeded: crossing.pointee.droppedTokens), node: crossing.pointee.consumer)
  guard withUnsafePointer(to: &gap, { crossing.pointee.ring.pointee.push($0) }) else { return false }
  crossing.pointee.droppedTokens = 0
  crossing.pointee.isDropping = false
  return true
}

@_noLocks @_noAllocation
private func noteDrop(_ block: UnsafePointer<auscult_block>, _ crossing: UnsafeMutablePointer<Crossing>) {
  // A gap of the driver that finds no room either is told as part of the drop.
  let hasGap = block.pointee.flags & AUSCULT_BLOCK_GAP != 0
  let isFirst = !crossing.pointee.isDropping
  if crossing.pointee.ring.pointee.isOverdue { crossing.pointee.isOverdue = true }
  if isFirst {
    crossing.pointee.isDropping = true
    crossing.pointee.isOverdue = crossing.pointee.ring.pointee.isOverdue
    crossing.pointee.dropBegin = hasGap ? block.pointee.gap.begin : block.pointee.firstBegin()
  }
  let count = Int(block.pointee.count)
  let end = count > 0 ? block.pointee.end(of: count - 1) : hasGap ? block.pointee.gap.end : Int64.min
  crossing.pointee.dropEnd = max(isFirst ? crossing.pointee.dropBegin : crossing.pointee.dropEnd, end)
  crossing.pointee.droppedTokens += Int64(count)
  crossing.pointee.ring.pointee.countDropped(count)
}

extension auscult_block {
  /// Begin of a block's first token as a frame position; without tokens, what it is complete through.
  @_noLocks @_noAllocation
  fileprivate func firstBegin() -> Int64 {
    if count == 0 { return complete == Int64.max ? 0 : max(0, complete) }
    let first = heads[0]
    return max(
      floorDivide(
        first.origin + format.pointee.offset + first.index * format.pointee.period, format.pointee.denominator),
      first.segment)
  }
}

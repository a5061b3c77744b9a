import CNodeABI
import NodeABI
import RealtimeCore

/// Tokens that a full ring dropped. The drop ends when the ring has room for the gap that reports them.
struct Drop {
  var isGoingOn = false
  /// The consumer did not return from a call: it is at fault, not slow.
  var isOverdue = false
  var tokens: Int64 = 0
  /// Frame positions.
  var begin: Int64 = 0
  var end: Int64 = 0
}

extension LinkProducer {
  /// Pushes the gap that ends the drop.
  ///
  /// - Returns: what to report; nil: the ring has no room yet.
  @_noLocks @_noAllocation
  mutating func endDrop(before block: Block) -> PushResult? {
    guard ring.pointee.hasRoom(for: mostBytes) else { return nil }
    var gap = block.pointer.pointee
    gap.count = 0
    gap.flags = AUSCULT_BLOCK_GAP
    gap.complete = drop.end
    gap.gap = auscult_gap(
      begin: drop.begin, end: drop.end, cause: drop.isOverdue ? AUSCULT_GAP_NODE : AUSCULT_GAP_DROP,
      count: UInt32(truncatingIfNeeded: drop.tokens), node: consumer)
    guard withUnsafePointer(to: &gap, { ring.pointee.push($0) }) else { return nil }
    let result = PushResult.pushedBehindDrop(tokens: drop.tokens, end: drop.end)
    drop.tokens = 0
    drop.isGoingOn = false
    return result
  }

  /// Adds a block to the drop.
  @_noLocks @_noAllocation
  mutating func noteDropped(_ block: Block) -> PushResult {
    let isFirst = !drop.isGoingOn
    if isFirst {
      // The drop also covers a driver's gap that does not fit.
      drop.begin = block.hasGap ? block.gap.begin : block.pointer.pointee.firstBegin
      drop.end = drop.begin
      drop.isGoingOn = true
      drop.isOverdue = false
    }
    if ring.pointee.isOverdue { drop.isOverdue = true }
    let end = block.count > 0 ? block.end(of: block.count - 1) : block.hasGap ? block.gap.end : Int64.min
    drop.end = max(drop.end, end)
    drop.tokens += Int64(block.count)
    ring.pointee.countDropped(block.count)
    return isFirst ? .droppedFirst : .dropped
  }
}

extension RealtimeState {
  /// Reports to the control thread where a drop begins and ends.
  @_noLocks @_noAllocation
  func report(_ result: PushResult, of producer: UnsafeMutablePointer<LinkProducer>) {
    let node = producer.pointee.consumerNode
    switch result {
    case .pushed, .dropped: break
    case .droppedFirst: messages.push(RealtimeMessage(.dropBegan, node: node, first: producer.pointee.drop.begin))
    case .pushedBehindDrop(let tokens, let end):
      messages.push(RealtimeMessage(.dropEnded, node: node, first: end, second: tokens))
    }
  }
}

extension auscult_block {
  /// Frame position where its first token begins; without tokens, its watermark.
  fileprivate var firstBegin: Int64 {
    @_noLocks @_noAllocation get {
      if count == 0 { return complete == Int64.max ? 0 : max(0, complete) }
      return max(time.frame(beginTicks: time.beginTicks(heads)), heads.pointee.segment)
    }
  }
}

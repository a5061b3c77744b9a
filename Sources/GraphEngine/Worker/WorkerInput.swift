import CNodeABI
import RealtimeCore

/// One input of a node on a worker: the ring that feeds it and, during a swap, the ring that takes over.
struct WorkerInput {
  /// The ring that blocks come from.
  struct InputRing {
    /// nil: no ring, before an added sink begins or after a removed sink has ended.
    var link: RingLink?
    /// Skips tokens before the first one on this grid, in ticks of the stream; 0: skips none.
    var grid: Int64 = 0
  }

  var side: InputRing
  /// The side that takes over at the point; after the point, the side that fed the input before.
  var other: InputRing?
  var point: UnsafeMutablePointer<SwapPoint>?

  var hasFront = false
  var isSpent = false
  /// The input's watermark when it was last read.
  var complete = Int64.min
  /// How often it changed over in this swap.
  private var changes = 0
  /// Tokens that end at or before this frame position belonged to the other side.
  private var from = Int64.min

  init(_ side: InputRing) { self.side = side }

  var isEmpty: Bool { side.link?.isEmpty ?? true }

  /// The block that it shows when there is no next block.
  var idle: UnsafeMutablePointer<auscult_block>? { (side.link ?? other?.link)?.idle }

  /// No ring feeds it any more, unless the swap returns to the old graph.
  var isOver: Bool { side.link == nil && (point == nil || changes > 0) }

  mutating func beginSwap(_ other: InputRing, at point: UnsafeMutablePointer<SwapPoint>) {
    self.other = other
    self.point = point
    changes = 0
  }

  /// Ends the swap: the current side stays.
  mutating func endSwap() {
    other = nil
    point = nil
  }

  /// The next block, cut to the tokens of this input; nil: none now. `mayBegin` is false while the node waits for the
  /// node from which it takes over.
  mutating func front(mayBegin: Bool) -> UnsafeMutablePointer<auscult_block>? {
    while true {
      discardOther()
      // Read the watermark, then the ring, then the point: each read relies on the one before it.
      let reached = side.link?.complete ?? Int64.max
      let front = side.link?.front()
      let end = point?.pointee.pending(after: changes) ?? SwapPoint.unset
      if end == SwapPoint.unset {
        if side.link == nil { return nil }
        guard let front else {
          complete = max(complete, reached)
          return nil
        }
        if prepare(front) { return front }
        continue
      }
      if let front, cut(front, to: end) {
        complete = max(complete, min(reached, end))
        if prepare(front) { return front }
        continue
      }
      if front != nil || reached >= end {
        guard mayBegin else { return nil }
        takeOver(at: end)
        continue
      }
      complete = max(complete, min(reached, end))
      return nil
    }
  }

  func release() { side.link?.release() }

  /// The blocks from the front on as one, and their number; nil: one at a time, as always during a swap.
  func gather(
    _ front: UnsafeMutablePointer<auscult_block>, _ waiting: WaitingTokens?
  ) -> (block: UnsafePointer<auscult_block>, count: Int)? {
    guard let waiting, let link = side.link, point == nil, other == nil, side.grid == 0 else { return nil }
    return waiting.gather(front, link.ring.pointee)
  }

  /// Skips all input of a node whose call was taken away. The plugin may still read the rings, so they stay unchanged.
  mutating func pass() {
    while true {
      side.link?.ring.pointee.close()
      other?.link?.ring.pointee.close()
      let reached = side.link?.complete ?? Int64.max
      let end = point?.pointee.pending(after: changes) ?? SwapPoint.unset
      if end == SwapPoint.unset {
        if side.link != nil { complete = max(complete, reached) }
        return
      }
      complete = max(complete, min(reached, end))
      if reached < end { return }
      takeOver(at: end)
    }
  }

  /// Cuts a block to the tokens that end at or before the point; false: none is left.
  private func cut(_ front: UnsafeMutablePointer<auscult_block>, to end: Int64) -> Bool {
    let isLost = front.pointee.flags & AUSCULT_BLOCK_GAP != 0 && front.pointee.gap.begin < end
    let isLearning = front.pointee.flags & AUSCULT_BLOCK_LEARNING != 0 && front.pointee.learned <= end
    let count = front.pointee.countThrough(end)
    if count == 0 && !isLost && !isLearning { return false }
    front.pointee.count = UInt32(count)
    front.pointee.flags &= ~AUSCULT_BLOCK_END
    front.pointee.complete = min(front.pointee.complete, end)
    return true
  }

  private mutating func takeOver(at end: Int64) {
    let before = side
    side = other ?? InputRing()
    other = before
    changes += 1
    point?.pointee.countSwitch()
    from = end
    complete = max(complete, end)
  }

  /// Removes tokens from before the input's beginning; false: nothing is left, and the block was released.
  private mutating func prepare(_ front: UnsafeMutablePointer<auscult_block>) -> Bool {
    let hadTokens = front.pointee.count > 0
    if from != Int64.min { front.pointee.dropFirst(front.pointee.countThrough(from)) }
    if side.grid > 0 && front.pointee.count > 0 {
      front.pointee.dropFirst(front.pointee.firstOnGrid(side.grid))
      if front.pointee.count > 0 { side.grid = 0 }
    }
    if front.pointee.flags & AUSCULT_BLOCK_GAP != 0 && (front.pointee.gap.end <= from || side.grid > 0) {
      front.pointee.flags &= ~AUSCULT_BLOCK_GAP
    }
    let isWorthwhile = front.pointee.count > 0 || front.pointee.flags & (AUSCULT_BLOCK_END | AUSCULT_BLOCK_GAP) != 0
    if !isWorthwhile && (hadTokens || front.pointee.flags == 0) {
      complete = max(complete, front.pointee.complete)
      release()
      return false
    }
    return true
  }

  /// Discards the other side's tokens that end before the exchange: they belong to this side.
  private func discardOther() {
    guard let link = other?.link, let point else { return }
    while let front = link.front() {
      let end = point.pointee.pending(after: changes)
      if end == SwapPoint.unset {
        link.release()
        continue
      }
      let isLast = front.pointee.flags & AUSCULT_BLOCK_END != 0
      let isLost = front.pointee.flags & AUSCULT_BLOCK_GAP != 0 && front.pointee.gap.end > end
      if front.pointee.countThrough(end) < front.pointee.count || isLast || isLost { return }
      link.release()
    }
  }
}

import CNodeABI
import CRealtime

/// What stands before a step's inputs during a swap; else there is none.
struct InputSplices {
  let list: UnsafeMutablePointer<InputSplice>
  let count: Int

  @inline(__always) @_noLocks @_noAllocation
  func run() { for index in 0..<count { list[index].run() } }
}

/// What stands between the output of one step and the input of another during a swap, on the realtime thread.
///
/// A fresh node begins on the grid on which it would stand had it always run; a node that stays takes tokens that end by
/// the exchange from the old step before it, and all others from the new one.
struct InputSplice {
  /// Where the reading step, or its join, finds the block.
  let slot: UnsafeMutablePointer<UnsafePointer<auscult_block>?>
  var source: UnsafePointer<auscult_block>
  /// What takes over at the point, or nil: this is the input of a fresh node.
  var other: UnsafePointer<auscult_block>?
  let point: UnsafeMutablePointer<SwapPoint>
  /// A fresh node's first token lies on it, in ticks of the stream; 0: it has begun.
  var grid: Int64
  /// Tokens of this cycle, cut together ...
  var out: JoinQueue
  /// ... the block that shows them ...
  let shown: UnsafeMutablePointer<auscult_block>
  /// ... and those of the other side that have to wait until this one is done.
  var waiting: JoinQueue
  let waitingShown: UnsafeMutablePointer<auscult_block>
  /// Times that it changed over.
  var changes = 0
}

extension InputSplice {
  /// Lays ready what the step reads in this quantum.
  ///
  /// Thread: realtime.
  @_noLocks @_noAllocation
  mutating func run() {
    if other != nil {
      splice()
    } else if grid > 0 {
      beginOnGrid()
    } else {
      slot.pointee = source
    }
  }

  @_noLocks @_noAllocation
  private mutating func beginOnGrid() {
    out.count = 0
    let first = source.pointee.firstOnGrid(grid)
    let count = Int(source.pointee.count)
    if first < count {
      _ = out.append(source, from: first, to: count)
      grid = 0
    }
    show(complete: source.pointee.complete, flags: source.pointee.flags & AUSCULT_BLOCK_END)
  }

  @_noLocks @_noAllocation
  private mutating func splice() {
    guard let other else { return }
    let end = point.pointee.pending(after: changes)
    if end == SwapPoint.unset {
      slot.pointee = source
      return
    }
    _ = waiting.append(other, from: other.pointee.countThrough(end), to: Int(other.pointee.count))
    out.count = 0
    _ = out.append(source, from: 0, to: source.pointee.countThrough(end))
    let gap = lostBefore(end)
    let isDone = source.pointee.complete >= end || (source.pointee.flags & AUSCULT_BLOCK_GAP != 0 && !gap)
    if !isDone {
      show(complete: min(source.pointee.complete, end), flags: gap ? AUSCULT_BLOCK_GAP : 0)
      return
    }
    waitingShown.pointee.count = UInt32(truncatingIfNeeded: waiting.count)
    _ = out.append(UnsafePointer(waitingShown))
    waiting.count = 0
    let flags = (gap ? AUSCULT_BLOCK_GAP : 0) | other.pointee.flags
    let taken = source
    source = other
    self.other = taken
    changes += 1
    point.pointee.countSwitch()
    show(complete: source.pointee.complete, flags: flags)
  }

  /// The old side has a gap that begins before the exchange.
  @_noLocks @_noAllocation
  private func lostBefore(_ end: Int64) -> Bool {
    source.pointee.flags & AUSCULT_BLOCK_GAP != 0 && source.pointee.gap.begin < end
  }

  @_noLocks @_noAllocation
  private mutating func show(complete: Int64, flags: UInt32) {
    shown.pointee.count = UInt32(truncatingIfNeeded: out.count)
    shown.pointee.flags = flags
    shown.pointee.gap = source.pointee.gap
    shown.pointee.complete = complete
    shown.pointee.end = source.pointee.end
    shown.pointee.learned = source.pointee.learned
    shown.pointee.learned_marks = source.pointee.learned_marks
    shown.pointee.producer = source.pointee.producer
    slot.pointee = UnsafePointer(shown)
  }
}

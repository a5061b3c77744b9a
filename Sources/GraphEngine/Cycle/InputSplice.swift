import CNodeABI
import CRealtime

/// The splices of a step's inputs during a swap; otherwise the list is empty.
struct InputSplices {
  let list: UnsafeMutablePointer<InputSplice>
  let count: Int

  @inline(__always) @_noLocks @_noAllocation
  func run() { for index in 0..<count { list[index].run() } }
}

/// Connects the output of one step to the input of another during a swap, on the realtime thread.
///
/// A fresh node begins on the grid on which it would be if it had always run. A node that stays takes tokens that end
/// at or before the exchange from the old step, and all later tokens from the new step.
struct InputSplice {
  /// Where the reading step, or its join, finds the block.
  let slot: UnsafeMutablePointer<UnsafePointer<auscult_block>?>
  var source: UnsafePointer<auscult_block>
  /// The block that takes over at the exchange; nil: this is the input of a fresh node.
  var other: UnsafePointer<auscult_block>?
  let point: UnsafeMutablePointer<SwapPoint>
  /// Grid of a fresh node's first token, in ticks of the stream; 0: the node has begun.
  var grid: Int64
  /// The tokens that the step reads in this quantum, copied together.
  var out: JoinQueue
  /// The block that shows `out`.
  let shown: UnsafeMutablePointer<auscult_block>
  /// Tokens of the other side, which wait until this side is done.
  var waiting: JoinQueue
  let waitingShown: UnsafeMutablePointer<auscult_block>
  /// How often the input changed over.
  var changes = 0
}

extension InputSplice {
  /// Prepares the block that the step reads in this quantum.
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
    show(complete: source.pointee.complete, flags: source.pointee.flags & AUSCULT_BLOCK_END, source.pointee.gap)
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
      show(complete: min(source.pointee.complete, end), flags: gap ? AUSCULT_BLOCK_GAP : 0, source.pointee.gap)
      return
    }
    waitingShown.pointee.count = UInt32(truncatingIfNeeded: waiting.count)
    _ = out.append(UnsafePointer(waitingShown))
    waiting.count = 0
    let flags = (gap ? AUSCULT_BLOCK_GAP : 0) | other.pointee.flags
    var lost = other.pointee.gap
    if gap {
      let end = other.pointee.flags & AUSCULT_BLOCK_GAP != 0 ? lost.end : Int64.min
      lost = source.pointee.gap
      lost.end = max(lost.end, end)
    }
    let taken = source
    source = other
    self.other = taken
    changes += 1
    point.pointee.countSwitch()
    show(complete: source.pointee.complete, flags: flags, lost)
  }

  /// Whether the old side has a gap that begins before the exchange.
  @_noLocks @_noAllocation
  private func lostBefore(_ end: Int64) -> Bool {
    source.pointee.flags & AUSCULT_BLOCK_GAP != 0 && source.pointee.gap.begin < end
  }

  @_noLocks @_noAllocation
  private mutating func show(complete: Int64, flags: UInt32, _ gap: auscult_gap) {
    shown.pointee.count = UInt32(truncatingIfNeeded: out.count)
    shown.pointee.flags = flags
    shown.pointee.gap = gap
    shown.pointee.complete = complete
    shown.pointee.end = source.pointee.end
    shown.pointee.learned = source.pointee.learned
    shown.pointee.learned_marks = source.pointee.learned_marks
    shown.pointee.producer = source.pointee.producer
    slot.pointee = UnsafePointer(shown)
  }
}

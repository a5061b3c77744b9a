import CNodeABI
import RealtimeCore

/// The producer's end of a link between threads: its ring, and a drop in progress. Only that thread touches it.
struct LinkProducer {
  let ring: UnsafeMutablePointer<BlockRing>
  /// Name of the node that reads the ring, for the gap of a drop.
  let consumer: UnsafePointer<CChar>
  let consumerNode: Int32
  /// Most bytes that one call of the producer can push.
  let mostBytes: Int
  /// Drops what does not fit even between workers, so that a candidate never delays the node that it is compared with.
  let isLossy: Bool

  var drop = Drop()
}

/// A link that leaves a step's thread.
struct StepLink {
  let output: Int
  let producer: UnsafeMutablePointer<LinkProducer>
}

/// The result of pushing a block into a ring.
enum PushResult {
  case pushed
  /// The block did not fit; it is the first of a drop.
  case droppedFirst
  case dropped
  /// The block was pushed after the gap that ends a drop of `tokens` tokens at frame position `end`.
  case pushedBehindDrop(tokens: Int64, end: Int64)

  var isOrdinary: Bool {
    @inline(__always) @_noLocks @_noAllocation get { if case .pushed = self { true } else { false } }
  }
}

extension LinkProducer {
  /// Pushes a block, or drops it whole: the producer never waits. Before the first block that fits again, pushes a gap
  /// that reports what was dropped.
  ///
  /// Thread: the producer's.
  @_noLocks @_noAllocation
  mutating func push(_ block: Block) -> PushResult {
    var result = PushResult.pushed
    if block.count > 0 || block.flags != 0 {
      if drop.isGoingOn {
        guard let ended = endDrop(before: block) else { return noteDropped(block) }
        result = ended
      }
      if !ring.pointee.push(block.pointer) { return noteDropped(block) }
    }
    if !drop.isGoingOn { ring.pointee.publish(complete: block.complete) }
    return result
  }
}

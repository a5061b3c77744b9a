import CNodeABI
import RealtimeCore

/// The producer's end of a link between threads: its ring, and the drop that is going on, if one is. Touched by the
/// producer's thread alone.
struct LinkProducer {
  let ring: UnsafeMutablePointer<BlockRing>
  /// The node that the ring feeds: whose queue was full.
  let consumer: UnsafePointer<CChar>
  let consumerNode: Int32
  /// Most bytes that one call of the producer can push.
  let mostBytes: Int
  /// Drops what does not fit even between workers: a candidate never holds up the node that it is compared with.
  let isLossy: Bool

  var drop = Drop()
}

/// A link that leaves a step's thread.
struct StepLink {
  let output: Int
  let producer: UnsafeMutablePointer<LinkProducer>
}

/// What became of a block that was to go through a ring.
enum PushResult {
  case pushed
  /// It found no room: the first of a drop.
  case droppedFirst
  case dropped
  /// It was pushed, behind a gap that ends a drop of so many tokens.
  case pushedBehindDrop(tokens: Int64, end: Int64)
}

extension LinkProducer {
  /// Pushes a block, or drops it whole: the producer never waits. The first block that fits again is led by a gap that
  /// says what was dropped.
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

import NodeABI
import RealtimeCore
import Synchronization

/// The frame positions at which one graph took over from another: they say which graph a token belongs to. A token has
/// the generation that was in force where the token ends, whichever node yields it and however late. So a generation
/// belongs to one graph only, and never decreases within a stream.
///
/// The realtime thread writes it at an exchange. Every thread that yields tokens reads it.
struct Generations {
  private struct Entry {
    /// Tokens that end after it have this generation.
    var position: Int64
    var generation: UInt32
  }

  /// Number of exchanges kept. A worker is at most seconds late, and an exchange takes several cycles.
  private static let capacity = 256

  private let entries: UnsafeMutablePointer<Entry>
  private let count: UnsafeMutablePointer<Atomic<Int>>

  init() {
    entries = .allocate(capacity: Generations.capacity)
    entries.initialize(repeating: Entry(position: Int64.min, generation: 1), count: Generations.capacity)
    count = .allocate(capacity: 1)
    count.initialize(to: Atomic(1))
  }

  func deallocate() {
    entries.deallocate()
    count.deinitialize(count: 1)
    count.deallocate()
  }

  /// Begins a stream. Thread: control, while nothing runs.
  func begin(_ generation: Int) {
    entries[0] = Entry(position: Int64.min, generation: UInt32(generation))
    count.pointee.store(1, ordering: .releasing)
  }

  /// Thread: realtime.
  @_noLocks @_noAllocation
  func note(_ generation: UInt32, from position: Int64) {
    let next = count.pointee.load(ordering: .relaxed)
    entries[next & (Generations.capacity - 1)] = Entry(position: position, generation: generation)
    count.pointee.store(next + 1, ordering: .releasing)
  }

  /// The generation of every token, as long as there was no exchange; nil: there was one.
  @inline(__always)
  var only: UInt32? {
    @_noLocks @_noAllocation get {
      count.pointee.load(ordering: .acquiring) == 1 ? entries.pointee.generation : nil
    }
  }

  /// The generation of a token that ends at `endTicks`, of which `denominator` make a frame. An exchange before that
  /// position is always noted by then: the realtime thread notes it before it runs later frames.
  @inline(__always) @_noLocks @_noAllocation
  func generation(endTicks: Int64, denominator: Int64) -> UInt32 {
    let last = count.pointee.load(ordering: .acquiring) - 1
    // Most tokens end after the latest exchange. This needs no division.
    let latest = entries + (last & (Generations.capacity - 1))
    if endTicks > latest.pointee.position * denominator { return latest.pointee.generation }
    return generation(endTicks: endTicks, denominator: denominator, last: last)
  }

  @inline(never) @_noLocks @_noAllocation
  private func generation(endTicks: Int64, denominator: Int64, last: Int) -> UInt32 {
    let end = ceilDivide(endTicks, denominator)
    var index = last
    let oldest = max(0, index - Generations.capacity + 2)
    while index > oldest && entries[index & (Generations.capacity - 1)].position >= end { index -= 1 }
    return entries[index & (Generations.capacity - 1)].generation
  }
}

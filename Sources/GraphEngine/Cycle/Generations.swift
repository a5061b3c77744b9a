import RealtimeCore
import Synchronization

/// Which graph a token belongs to: the frame positions at which one graph took over from another. A token is of the
/// generation that was in force where it ends, whichever node yields it, and however late: so a number belongs to one graph
/// for good, and the records of a stream never go back.
///
/// Written by the realtime thread at an exchange, read by whoever yields tokens.
struct Generations {
  private struct Entry {
    /// Tokens that end behind it are of this generation.
    var position: Int64
    var generation: UInt32
  }

  /// How many exchanges are remembered. A worker is seconds late at most, and an exchange takes several cycles.
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

  /// A stream begins. Thread: control, while nothing runs.
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

  /// The generation of a token that ends at a frame position. It was heard before the position was behind the latest
  /// exchange, or that exchange is known here.
  @_noLocks @_noAllocation
  func generation(at end: Int64) -> UInt32 {
    var index = count.pointee.load(ordering: .acquiring) - 1
    let oldest = max(0, index - Generations.capacity + 2)
    while index > oldest && entries[index & (Generations.capacity - 1)].position >= end { index -= 1 }
    return entries[index & (Generations.capacity - 1)].generation
  }
}

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

  /// The generation of a token that ends at a frame position. An exchange before that position is always noted by then:
  /// the realtime thread notes it before it runs later frames.
  @_noLocks @_noAllocation
  func generation(at end: Int64) -> UInt32 {
    var index = count.pointee.load(ordering: .acquiring) - 1
    let oldest = max(0, index - Generations.capacity + 2)
    while index > oldest && entries[index & (Generations.capacity - 1)].position >= end { index -= 1 }
    return entries[index & (Generations.capacity - 1)].generation
  }
}

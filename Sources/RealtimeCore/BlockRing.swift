import CRealtime
import Synchronization

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// A single-producer, single-consumer ring of blocks. It carries tokens from the realtime thread to a worker, and from
/// worker to worker.
///
/// A record is an `auscult_block` followed by its heads, marks and data, contiguous and aligned to 64 bytes, so that
/// the consumer works on it in place. Neither side ever waits: a push that does not fit returns false, without effect.
///
/// `written` and `read` count bytes since the start and never wrap; the difference is what is in use.
public struct BlockRing: ~Copyable, @unchecked Sendable {
  let memory: UnsafeMutableRawPointer
  /// Bytes in the ring.
  public let capacity: Int
  let written = Atomic<Int>(0)
  let read = Atomic<Int>(0)
  let completeThrough = Atomic<Int64>(Int64.min)
  let droppedTokens = Atomic<Int64>(0)
  let closed = Atomic<Bool>(false)
  let overdue = Atomic<Bool>(false)

  /// Thread: control. `bytes` is rounded up to a multiple of 64. Nil: there is not enough memory.
  public init?(bytes: Int) {
    let size = BlockRing.aligned(max(bytes, 1024))
    // Touch every page now, so that the realtime thread meets no page fault.
    guard let memory = zeroedMemory(bytes: size) else { return nil }
    self.memory = memory
    capacity = size
  }

  deinit { free(memory) }

  @inlinable @_noLocks @_noAllocation
  public static func aligned(_ bytes: Int) -> Int { (bytes + 63) & ~63 }

  // MARK: Both sides

  /// Watermark: every token that ends at or before this frame position has been pushed. Read it before `front`: if the
  /// ring is then empty, all of them have been delivered.
  public var complete: Int64 {
    @_noLocks @_noAllocation get { completeThrough.load(ordering: .acquiring) }
  }

  /// Tokens that did not fit so far.
  public var dropped: Int64 {
    @_noLocks @_noAllocation get { droppedTokens.load(ordering: .relaxed) }
  }

  public var isEmpty: Bool {
    @_noLocks @_noAllocation get { written.load(ordering: .acquiring) == read.load(ordering: .acquiring) }
  }

  /// No thread reads the ring any more. Its content stays; blocks pushed from now on are lost.
  ///
  /// Thread: any.
  public func close() { closed.store(true, ordering: .relaxed) }

  /// The consumer has not returned for so long that the producer must not wait for room.
  public var isOverdue: Bool {
    @_noLocks @_noAllocation get { overdue.load(ordering: .relaxed) }
  }

  /// Thread: any.
  public func setOverdue(_ isOverdue: Bool) { overdue.store(isOverdue, ordering: .relaxed) }

  // MARK: Producer

  /// Bytes that the consumer has not released yet.
  public var used: Int {
    @_noLocks @_noAllocation get { written.load(ordering: .relaxed) - read.load(ordering: .acquiring) }
  }

  /// Whether a record of `bytes` fits now, wherever the end of the memory lies.
  @_noLocks @_noAllocation
  public func hasRoom(for bytes: Int) -> Bool {
    if closed.load(ordering: .relaxed) { return true }
    let used = written.load(ordering: .relaxed) - read.load(ordering: .acquiring)
    // In the worst case, the same number of bytes is skipped at the end of the memory.
    return capacity - used >= 2 * bytes + BlockRing.skipBytes
  }

  /// How many records of `bytes` fit now, wherever the end of the memory lies.
  public func recordsOfRoom(bytes: Int) -> Int {
    if closed.load(ordering: .relaxed) { return .max }
    return max(0, (capacity - used - BlockRing.skipBytes) / (2 * max(1, bytes)))
  }

  /// Room for a record of `bytes` (a multiple of 64), or nil. Becomes visible with `commit`.
  @_noLocks @_noAllocation
  func reserve(_ bytes: Int) -> UnsafeMutableRawPointer? {
    let position = written.load(ordering: .relaxed)
    let used = position - read.load(ordering: .acquiring)
    let offset = position % capacity
    let toEnd = capacity - offset
    if bytes <= toEnd {
      return capacity - used >= bytes ? memory + offset : nil
    }
    guard capacity - used >= toEnd + bytes else { return nil }
    (memory + offset).assumingMemoryBound(to: RecordHeader.self).pointee = RecordHeader(bytes: toEnd, isSkip: 1)
    written.store(position + toEnd, ordering: .releasing)
    return memory
  }

  @_noLocks @_noAllocation
  func commit(_ bytes: Int) {
    written.store(written.load(ordering: .relaxed) + bytes, ordering: .releasing)
  }

  @_noLocks @_noAllocation
  public func publish(complete: Int64) { completeThrough.store(complete, ordering: .releasing) }

  @_noLocks @_noAllocation
  public func countDropped(_ tokens: Int) { droppedTokens.add(Int64(tokens), ordering: .relaxed) }

  // MARK: Consumer

  /// The oldest record's block, or nil. Valid until `release`.
  @_noLocks @_noAllocation
  public func front() -> UnsafeMutablePointer<auscult_block>? {
    while true {
      let position = read.load(ordering: .relaxed)
      if position == written.load(ordering: .acquiring) { return nil }
      let record = memory + position % capacity
      let header = record.assumingMemoryBound(to: RecordHeader.self).pointee
      if header.isSkip == 0 {
        return (record + BlockRing.skipBytes).assumingMemoryBound(to: auscult_block.self)
      }
      read.store(position + header.bytes, ordering: .releasing)
    }
  }

  /// Frees the oldest record's memory. Call only after `front` returned a block.
  @_noLocks @_noAllocation
  public func release() {
    let position = read.load(ordering: .relaxed)
    let header = (memory + position % capacity).assumingMemoryBound(to: RecordHeader.self).pointee
    read.store(position + header.bytes, ordering: .releasing)
  }

  /// Empties the ring. Thread: control, while neither side runs.
  public func clear() {
    read.store(written.load(ordering: .relaxed), ordering: .releasing)
    completeThrough.store(Int64.min, ordering: .releasing)
  }

  /// Computed, because a stored one is a lazy global in debug builds, which marked code may not touch.
  static var skipBytes: Int {
    @_noLocks @_noAllocation get { 64 }
  }
}

/// The header of a record. A skip fills the end of the memory if a record does not fit there.
struct RecordHeader {
  var bytes: Int
  var isSkip: Int
}

extension BlockRing {
  /// How many records from the oldest on lie one after the other, all of the same size: at most `most`; and that size
  /// in bytes. Call only after `front` returned a block; the blocks are valid until they are released.
  @_noLocks @_noAllocation
  public func run(most: Int) -> (count: Int, stride: Int) {
    let position = read.load(ordering: .relaxed)
    let end = written.load(ordering: .acquiring)
    let record = memory + position % capacity
    let bytes = record.assumingMemoryBound(to: RecordHeader.self).pointee.bytes
    let toEnd = min(capacity - position % capacity, end - position) / bytes
    let fitting = min(most, toEnd)
    var count = 1
    while count < fitting {
      let header = (record + count * bytes).assumingMemoryBound(to: RecordHeader.self).pointee
      if header.isSkip != 0 || header.bytes != bytes { break }
      count += 1
    }
    return (count, bytes)
  }
}

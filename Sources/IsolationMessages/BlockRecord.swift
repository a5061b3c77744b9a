import CNodeABI

/// A block in a message: numbers of 128 bytes in all; its data, heads and marks lie in the room for blocks. Places count
/// from the begin of the shared memory; 0: there are none.
public struct BlockRecord: Sendable {
  public static let bytes = 128

  public var flags: UInt32 = 0
  public var count: UInt32 = 0
  public var capacity: UInt32 = 0
  public var tokenStride: UInt32 = 0
  public var channelStride: UInt32 = 0
  public var markTokenStride: UInt32 = 0
  public var markChannelStride: UInt32 = 0
  /// The format and the producer follow, because they are not those of the last call.
  public var isDescribed = false
  public var data: UInt64 = 0
  public var heads: UInt64 = 0
  public var marks: UInt64 = 0
  public var learnedMarks: UInt64 = 0
  public var complete: Int64 = 0
  public var end: Int64 = 0
  public var learned: Int64 = 0
  public var gapBegin: Int64 = 0
  public var gapEnd: Int64 = 0
  public var gapCause: UInt32 = 0
  public var gapCount: UInt32 = 0

  public init() {}

  public init(_ block: auscult_block) {
    flags = block.flags
    count = block.count
    capacity = block.capacity
    complete = block.complete
    end = block.end
    if block.flags & AUSCULT_BLOCK_LEARNING != 0 { learned = block.learned }
    guard block.flags & AUSCULT_BLOCK_GAP != 0 else { return }
    (gapBegin, gapEnd) = (block.gap.begin, block.gap.end)
    (gapCause, gapCount) = (block.gap.cause, block.gap.count)
  }

  /// The block's fields that are plain numbers.
  public func fill(_ block: UnsafeMutablePointer<auscult_block>) {
    block.pointee.flags = flags
    block.pointee.count = count
    block.pointee.capacity = capacity
    block.pointee.token_stride = tokenStride
    block.pointee.channel_stride = channelStride
    block.pointee.mark_token_stride = markTokenStride
    block.pointee.mark_channel_stride = markChannelStride
    block.pointee.complete = complete
    block.pointee.end = end
    block.pointee.learned = learned
    block.pointee.gap = auscult_gap(begin: gapBegin, end: gapEnd, cause: gapCause, count: gapCount, node: nil)
  }
}

extension MessageWriter {
  public mutating func add(block record: BlockRecord) {
    for number in [
      record.flags, record.count, record.capacity, record.tokenStride, record.channelStride, record.markTokenStride,
      record.markChannelStride, record.isDescribed ? 1 : 0,
    ] { add(number) }
    for place in [record.data, record.heads, record.marks, record.learnedMarks] { add(place) }
    for number in [record.complete, record.end, record.learned, record.gapBegin, record.gapEnd] { add(number) }
    add(record.gapCause)
    add(record.gapCount)
    add(UInt64(0))
    add(UInt64(0))
  }
}

extension MessageReader {
  public mutating func block() -> BlockRecord {
    var record = BlockRecord()
    record.flags = number()
    record.count = number()
    record.capacity = number()
    record.tokenStride = number()
    record.channelStride = number()
    record.markTokenStride = number()
    record.markChannelStride = number()
    record.isDescribed = flag()
    record.data = number()
    record.heads = number()
    record.marks = number()
    record.learnedMarks = number()
    record.complete = number()
    record.end = number()
    record.learned = number()
    record.gapBegin = number()
    record.gapEnd = number()
    record.gapCause = number()
    record.gapCount = number()
    _ = number(UInt64.self)
    _ = number(UInt64.self)
    return record
  }
}

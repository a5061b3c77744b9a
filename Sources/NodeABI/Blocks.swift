import CNodeABI

/// The flags of blocks, heads and clocks, and the offsets of a block's elements.
///
/// Thread: any; realtime code reads them through pointers.
extension auscult_block {
  /// Part of the stream was lost before this block's first token; the host has called `reset`.
  @inlinable
  public var hasGap: Bool { @_noLocks @_noAllocation get { flags & AUSCULT_BLOCK_GAP != 0 } }
  /// The stream ends after this block.
  @inlinable
  public var isEnd: Bool { @_noLocks @_noAllocation get { flags & AUSCULT_BLOCK_END != 0 } }
  /// The node that made the block still learns and withholds its scores.
  @inlinable
  public var isLearning: Bool { @_noLocks @_noAllocation get { flags & AUSCULT_BLOCK_LEARNING != 0 } }

  /// Byte offset of a token's values of a channel, from `data`.
  @inlinable @_noLocks @_noAllocation
  public func place(_ token: Int, _ channel: Int) -> Int {
    token &* Int(token_stride) &+ channel &* Int(channel_stride)
  }

  /// Byte offset of the mark of a token and channel, from `marks`.
  @inlinable @_noLocks @_noAllocation
  public func markPlace(_ token: Int, _ channel: Int) -> Int {
    token &* Int(mark_token_stride) &+ channel &* Int(mark_channel_stride)
  }
}

extension auscult_head {
  /// Part of the stream was lost just before this token.
  @inlinable
  public var followsGap: Bool { @_noLocks @_noAllocation get { flags & AUSCULT_TOKEN_GAP != 0 } }
}

extension auscult_clock {
  /// No more frames come.
  @inlinable
  public var isEnd: Bool { @_noLocks @_noAllocation get { flags & AUSCULT_CLOCK_END != 0 } }
  /// The results have no deadline: over files, by hand, in freewheel.
  @inlinable
  public var hasNoDeadline: Bool { @_noLocks @_noAllocation get { flags & AUSCULT_CLOCK_NO_DEADLINE != 0 } }
}

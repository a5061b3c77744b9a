import CNodeABI

/// The flags of blocks, heads and clocks, and where a block's elements lie.
///
/// Thread: any; realtime code reads them through pointers.
extension auscult_block {
  /// Something was lost before this block's first token; `reset` has been called.
  @inlinable
  public var hasGap: Bool { @_noLocks @_noAllocation get { flags & AUSCULT_BLOCK_GAP != 0 } }
  /// The stream ends after this block.
  @inlinable
  public var isEnd: Bool { @_noLocks @_noAllocation get { flags & AUSCULT_BLOCK_END != 0 } }
  /// Scores are withheld, for the node that made the block still learns.
  @inlinable
  public var isLearning: Bool { @_noLocks @_noAllocation get { flags & AUSCULT_BLOCK_LEARNING != 0 } }

  /// Bytes from `data` to a token's values of a channel.
  @inlinable @_noLocks @_noAllocation
  public func place(_ token: Int, _ channel: Int) -> Int {
    token * Int(token_stride) + channel * Int(channel_stride)
  }

  /// Bytes from `marks` to those of a token and channel.
  @inlinable @_noLocks @_noAllocation
  public func markPlace(_ token: Int, _ channel: Int) -> Int {
    token * Int(mark_token_stride) + channel * Int(mark_channel_stride)
  }
}

extension auscult_head {
  /// Something was lost between the token before and this one.
  @inlinable
  public var followsGap: Bool { @_noLocks @_noAllocation get { flags & AUSCULT_TOKEN_GAP != 0 } }
}

extension auscult_clock {
  /// No more frames come.
  @inlinable
  public var isEnd: Bool { @_noLocks @_noAllocation get { flags & AUSCULT_CLOCK_END != 0 } }
  /// Nobody waits for the results: files, by hand, freewheel.
  @inlinable
  public var hasNoDeadline: Bool { @_noLocks @_noAllocation get { flags & AUSCULT_CLOCK_NO_DEADLINE != 0 } }
}

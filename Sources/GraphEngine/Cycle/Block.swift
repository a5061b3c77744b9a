import CNodeABI

/// A view of a block of tokens, for the thread that runs its node. Input blocks are only read.
struct Block {
  let pointer: UnsafeMutablePointer<auscult_block>

  @_noLocks @_noAllocation
  init(_ pointer: UnsafeMutablePointer<auscult_block>) { self.pointer = pointer }

  /// Tokens in the block (audio: samples of each channel).
  var count: Int {
    @_noLocks @_noAllocation get { Int(pointer.pointee.count) }
    @_noLocks @_noAllocation nonmutating set { pointer.pointee.count = UInt32(truncatingIfNeeded: newValue) }
  }
  /// Tokens (audio: samples of each channel) that fit.
  var capacity: Int { @_noLocks @_noAllocation get { Int(pointer.pointee.capacity) } }

  /// AUSCULT_BLOCK_*.
  var flags: UInt32 {
    @_noLocks @_noAllocation get { pointer.pointee.flags }
    @_noLocks @_noAllocation nonmutating set { pointer.pointee.flags = newValue }
  }
  /// Part of the stream was lost before the first token.
  var hasGap: Bool { @_noLocks @_noAllocation get { flags & AUSCULT_BLOCK_GAP != 0 } }
  /// What was lost, if `hasGap`.
  var gap: auscult_gap {
    @_noLocks @_noAllocation get { pointer.pointee.gap }
    @_noLocks @_noAllocation nonmutating set { pointer.pointee.gap = newValue }
  }
  /// The stream ends with this block.
  var isEnd: Bool { @_noLocks @_noAllocation get { flags & AUSCULT_BLOCK_END != 0 } }
  /// The node before this one still learns and withholds its scores.
  var isLearning: Bool { @_noLocks @_noAllocation get { flags & AUSCULT_BLOCK_LEARNING != 0 } }

  /// Watermark: frame position through which the stream is complete; Int64.max: no more tokens come.
  var complete: Int64 {
    @_noLocks @_noAllocation get { pointer.pointee.complete }
    @_noLocks @_noAllocation nonmutating set { pointer.pointee.complete = newValue }
  }
  /// Frame position where the stream ends; Int64.max: not known yet.
  var end: Int64 {
    @_noLocks @_noAllocation get { pointer.pointee.end }
    @_noLocks @_noAllocation nonmutating set { pointer.pointee.end = newValue }
  }

  var heads: UnsafeMutablePointer<auscult_head> { @_noLocks @_noAllocation get { pointer.pointee.heads } }
  var marks: UnsafeMutablePointer<UInt8>? {
    @_noLocks @_noAllocation get { pointer.pointee.marks }
    @_noLocks @_noAllocation nonmutating set { pointer.pointee.marks = newValue }
  }
  var format: auscult_format { @_noLocks @_noAllocation get { pointer.pointee.format.pointee } }

  /// Frame position where the token (audio: sample) at `index` ends.
  @_noLocks @_noAllocation
  func end(of index: Int) -> Int64 { pointer.pointee.end(of: index) }

  /// The score of a token in one channel.
  @_noLocks @_noAllocation
  func score(_ token: Int, _ channel: Int) -> UnsafeMutablePointer<auscult_score> {
    let place = token * Int(pointer.pointee.token_stride) + channel * Int(pointer.pointee.channel_stride)
    return (pointer.pointee.data + place).assumingMemoryBound(to: auscult_score.self)
  }

  /// For a block of scores: whether every score and threshold is finite.
  var scoresAreFinite: Bool {
    @_noLocks @_noAllocation get {
      for token in 0..<count {
        for channel in 0..<Int(format.channels) {
          let score = score(token, channel).pointee
          if !score.score.isFinite || !score.threshold.isFinite { return false }
        }
      }
      return true
    }
  }
}

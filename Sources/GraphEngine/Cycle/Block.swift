import CNodeABI

/// A block of tokens behind its pointer, as the thread that runs its node sees it. Inputs are only read.
struct Block {
  let pointer: UnsafeMutablePointer<auscult_block>

  @_noLocks @_noAllocation
  init(_ pointer: UnsafeMutablePointer<auscult_block>) { self.pointer = pointer }

  /// Tokens (audio: samples of each channel) that it holds ...
  var count: Int {
    @_noLocks @_noAllocation get { Int(pointer.pointee.count) }
    @_noLocks @_noAllocation nonmutating set { pointer.pointee.count = UInt32(truncatingIfNeeded: newValue) }
  }
  /// ... and that it has room for.
  var capacity: Int { @_noLocks @_noAllocation get { Int(pointer.pointee.capacity) } }

  /// AUSCULT_BLOCK_*.
  var flags: UInt32 {
    @_noLocks @_noAllocation get { pointer.pointee.flags }
    @_noLocks @_noAllocation nonmutating set { pointer.pointee.flags = newValue }
  }
  /// Something was lost before its first token ...
  var hasGap: Bool { @_noLocks @_noAllocation get { flags & AUSCULT_BLOCK_GAP != 0 } }
  /// ... namely this.
  var gap: auscult_gap {
    @_noLocks @_noAllocation get { pointer.pointee.gap }
    @_noLocks @_noAllocation nonmutating set { pointer.pointee.gap = newValue }
  }
  /// The stream ends behind it.
  var isEnd: Bool { @_noLocks @_noAllocation get { flags & AUSCULT_BLOCK_END != 0 } }
  /// The node before withholds its scores, for it still learns.
  var isLearning: Bool { @_noLocks @_noAllocation get { flags & AUSCULT_BLOCK_LEARNING != 0 } }

  /// Frame position through which all tokens have come; Int64.max: nothing more comes.
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

  /// A score of a token.
  @_noLocks @_noAllocation
  func score(_ token: Int, _ channel: Int) -> UnsafeMutablePointer<auscult_score> {
    let place = token * Int(pointer.pointee.token_stride) + channel * Int(pointer.pointee.channel_stride)
    return (pointer.pointee.data + place).assumingMemoryBound(to: auscult_score.self)
  }

  /// Of a block of scores: none is infinite or no number.
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

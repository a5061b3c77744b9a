import CNodeABI
import CRealtime
import NodeABI

/// Finds where a block's tokens lie in time, and cuts the block at an exchange into its old and its new side.
extension auscult_block {
  /// Frame position where the token (audio: sample) at `index` ends.
  @_noLocks @_noAllocation
  func end(of index: Int) -> Int64 {
    let isAudio = format.pointee.kind == AUSCULT_AUDIO
    return isAudio ? time.end(heads, Int64(index)) : time.end(heads + index)
  }

  /// Number of tokens that end at or before a frame position. Ends never decrease.
  @_noLocks @_noAllocation
  func countThrough(_ position: Int64) -> Int {
    if position == Int64.max { return Int(count) }
    var low = 0
    var high = Int(count)
    while low < high {
      let middle = (low + high) / 2
      if end(of: middle) <= position { low = middle + 1 } else { high = middle }
    }
    return low
  }

  /// Index of the first token that lies on a grid of `ticks` of the stream, counted from its origin; `count` if none does.
  @_noLocks @_noAllocation
  func firstOnGrid(_ ticks: Int64) -> Int {
    let isAudio = format.pointee.kind == AUSCULT_AUDIO
    for token in 0..<Int(count) {
      let index = isAudio ? heads[0].index + Int64(token) : heads[token].index
      if index * format.pointee.period % ticks == 0 { return token }
    }
    return Int(count)
  }

  /// Removes the first tokens of a record in a ring. The data must stay aligned: samples move to the front, for tokens
  /// the pointers advance.
  @_noLocks @_noAllocation
  mutating func dropFirst(_ tokens: Int) {
    if tokens == 0 { return }
    let left = Int(count) - tokens
    if format.pointee.kind == AUSCULT_AUDIO {
      heads[0].index += Int64(tokens)
      heads[0].flags = 0
      for channel in 0..<Int(format.pointee.channels) {
        let samples = data + channel * Int(channel_stride)
        realtime_move(samples, samples + tokens * 4, left * 4)
      }
    } else {
      heads += tokens
      data += tokens * Int(token_stride)
    }
    if marks != nil { marks += tokens * Int(mark_token_stride) }
    count = UInt32(left)
  }
}

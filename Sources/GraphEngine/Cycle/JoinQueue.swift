import CNodeABI
import CRealtime
import NodeABI

/// The waiting tokens of one input.
struct JoinQueue {
  let isAudio: Bool
  let channels: Int
  /// Channels that have marks; 0 for events.
  let markChannels: Int
  /// Most tokens that can wait.
  let capacity: Int
  let tokenBytes: Int
  let data: UnsafeMutableRawPointer
  let heads: UnsafeMutablePointer<auscult_head>
  let marks: UnsafeMutablePointer<UInt8>
  /// Common ticks per tick of this input.
  let scale: Int64
  let offset: Int64
  let inputPeriod: Int64
  let extent: Int64
  /// Common ticks per driver frame.
  let ticks: Int64

  var count = 0
  var hasEnded = false
  /// Watermark: every token that ends at or before this frame position has been in the queue.
  var complete: Int64 = Int64.min
  /// Frame position where its stream ends; max: not known yet.
  var end = Int64.max
  /// Frame position through which the node before has learned, if that was not shown yet; min: there is none to show.
  var learned: Int64 = Int64.min
}

extension JoinQueue {
  /// Begin of the token at `index` of the queue, in common ticks.
  @_noLocks @_noAllocation
  func begin(_ index: Int) -> Int64 {
    let head = heads[isAudio ? 0 : index]
    let position = isAudio ? head.index + Int64(index) : head.index
    return (head.origin + offset + position * inputPeriod) * scale
  }

  /// Frame position where a token of this input ends that begins at `begin` (in common ticks).
  @_noLocks @_noAllocation
  func end(of begin: Int64) -> Int64 { ceilDivide(begin + extent * scale, ticks) }

  /// Appends a block's tokens; false: they do not fit, and nothing changed.
  @_noLocks @_noAllocation
  mutating func append(_ block: UnsafePointer<auscult_block>) -> Bool {
    append(block, from: 0, to: Int(block.pointee.count))
  }

  /// Appends the tokens `from..<to` of a block.
  @_noLocks @_noAllocation
  mutating func append(_ block: UnsafePointer<auscult_block>, from: Int, to: Int) -> Bool {
    let added = to - from
    guard count + added <= capacity else { return false }
    complete = max(complete, block.pointee.complete)
    if block.pointee.flags & AUSCULT_BLOCK_LEARNING != 0 { learned = max(learned, block.pointee.learned) }
    if block.pointee.flags & AUSCULT_BLOCK_END != 0 { hasEnded = true }
    end = min(end, block.pointee.end)
    if added == 0 { return true }
    if isAudio {
      if count == 0 {
        heads.pointee = block.pointee.heads.pointee
        heads.pointee.index += Int64(from)
      }
      for channel in 0..<channels {
        realtime_copy(
          data + (channel * capacity + count) * 4,
          block.pointee.data + channel * Int(block.pointee.channel_stride) + from * 4, added * 4)
        if block.pointee.hasOneMark {
          realtime_fill(marks + channel * capacity + count, block.pointee.marks[0], added)
          continue
        }
        realtime_copy(
          marks + channel * capacity + count,
          block.pointee.marks! + channel * Int(block.pointee.mark_channel_stride) + from, added)
      }
    } else {
      realtime_copy(data + count * tokenBytes, block.pointee.data + from * tokenBytes, added * tokenBytes)
      realtime_copy(heads + count, block.pointee.heads + from, added * MemoryLayout<auscult_head>.stride)
      for token in 0..<added {
        for channel in 0..<markChannels {
          marks[(count + token) * markChannels + channel] =
            block.pointee.marks![
              (from + token) * Int(block.pointee.mark_token_stride) + channel * Int(block.pointee.mark_channel_stride)]
        }
      }
    }
    count += added
    return true
  }

  /// Removes the first `tokens` tokens.
  @_noLocks @_noAllocation
  mutating func remove(_ tokens: Int) {
    if tokens == 0 { return }
    let left = count - tokens
    if isAudio {
      heads.pointee.index += Int64(tokens)
      for channel in 0..<channels {
        realtime_move(data + channel * capacity * 4, data + (channel * capacity + tokens) * 4, left * 4)
        realtime_move(marks + channel * capacity, marks + channel * capacity + tokens, left)
      }
    } else {
      realtime_move(data, data + tokens * tokenBytes, left * tokenBytes)
      realtime_move(heads, heads + tokens, left * MemoryLayout<auscult_head>.stride)
      realtime_move(marks, marks + tokens * markChannels, left * markChannels)
    }
    count = left
  }
}

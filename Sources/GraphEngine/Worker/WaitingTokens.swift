import CNodeABI
import CRealtime
import GraphCompiler
import RealtimeCore

/// Tokens that wait for a node which judges several at a time, shown to it as one block: it then reads its model once
/// for all of them. Their data stay in the ring, where blocks of one token lie at equal distances; heads and marks are
/// copied, because they lie next to each other in a block.
///
/// Thread: the one that runs the node.
struct WaitingTokens {
  /// The most tokens of a block. The models of many machines do not fit into the processor's cache together: the more
  /// tokens a call has, the less often each is read from memory.
  static let most = 64

  private let view: UnsafeMutablePointer<auscult_block>
  private let heads: UnsafeMutablePointer<auscult_head>
  private let marks: UnsafeMutablePointer<UInt8>
  private let limit: Int

  /// - Parameters:
  ///   - channels: of the input.
  ///   - limit: the most tokens that the node's output has room for.
  init(channels: Int, limit: Int, arena: Arena) {
    view = arena.array([auscult_block()])
    heads = arena.array(auscult_head.self, count: Self.most)
    marks = arena.array(UInt8.self, count: Self.most * channels)
    self.limit = min(limit, Self.most)
  }

  /// The ring's oldest blocks as one, and their number; nil: there is only one to show. The first one may come after a
  /// gap, the last one may be the last of the stream; nothing else may be between them.
  func gather(
    _ front: UnsafeMutablePointer<auscult_block>, _ ring: borrowing BlockRing
  ) -> (block: UnsafePointer<auscult_block>, count: Int)? {
    guard front.pointee.count == 1, front.pointee.flags & ~AUSCULT_BLOCK_GAP == 0 else { return nil }
    let (fitting, stride) = ring.run(most: limit)
    guard fitting > 1 else { return nil }
    let channels = Int(front.pointee.format.pointee.channels)
    view.pointee = front.pointee
    var count = 0
    while count < fitting {
      let block = (UnsafeRawPointer(front) + count * stride).assumingMemoryBound(to: auscult_block.self)
      guard continues(block, front) || count == 0 else { break }
      heads[count] = block.pointee.heads[0]
      copyMarks(block, to: marks + count * channels, channels)
      view.pointee.complete = block.pointee.complete
      view.pointee.end = block.pointee.end
      view.pointee.flags |= block.pointee.flags & AUSCULT_BLOCK_END
      count += 1
      if block.pointee.flags & AUSCULT_BLOCK_END != 0 { break }
    }
    guard count > 1 else { return nil }
    view.pointee.count = UInt32(count)
    view.pointee.capacity = UInt32(count)
    view.pointee.token_stride = UInt32(stride)
    view.pointee.heads = heads
    if front.pointee.marks != nil {
      view.pointee.marks = marks
      view.pointee.mark_token_stride = UInt32(channels)
      view.pointee.mark_channel_stride = 1
    }
    return (UnsafePointer(view), count)
  }

  private func copyMarks(_ block: UnsafePointer<auscult_block>, to place: UnsafeMutablePointer<UInt8>, _ channels: Int)
  {
    guard let from = block.pointee.marks else { return }
    if block.pointee.hasOneMark {
      realtime_fill(place, from[0], channels)
    } else {
      realtime_copy(place, from, channels)
    }
  }

  private func continues(_ block: UnsafePointer<auscult_block>, _ front: UnsafePointer<auscult_block>) -> Bool {
    block.pointee.count == 1 && block.pointee.flags & ~AUSCULT_BLOCK_END == 0
      && block.pointee.format == front.pointee.format
      && UnsafeRawPointer(block.pointee.data) - UnsafeRawPointer(block)
        == UnsafeRawPointer(front.pointee.data) - UnsafeRawPointer(front)
  }
}

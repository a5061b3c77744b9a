import CRealtime

extension BlockRing {
  /// Bytes of a record of `count` tokens with `channels` channels of `tokenBytes` each (audio: 4 bytes per sample). An
  /// event has one payload whatever the number of channels, and no marks.
  @_noLocks @_noAllocation
  public static func recordBytes(kind: UInt32, count: Int, channels: Int, channelBytes: Int) -> Int {
    let isAudio = kind == AUSCULT_AUDIO
    let payloads = kind == AUSCULT_EVENT ? 1 : channels
    let heads = aligned((isAudio ? 1 : count) * MemoryLayout<auscult_head>.stride)
    let marks =
      kind == AUSCULT_EVENT ? 0 : aligned(count * channels) + (kind == AUSCULT_SCORE ? aligned(channels) : 0)
    let data = isAudio ? channels * aligned(count * 4) : count * payloads * aligned(channelBytes)
    return skipBytes + aligned(MemoryLayout<auscult_block>.stride) + heads + marks + data
  }

  /// Copies a block into the ring; false: it does not fit, and nothing changed.
  @_noLocks @_noAllocation
  public func push(_ block: UnsafePointer<auscult_block>) -> Bool {
    if closed.load(ordering: .relaxed) { return true }
    let kind = block.pointee.format.pointee.kind
    let count = Int(block.pointee.count)
    let channels = Int(block.pointee.format.pointee.channels)
    let channelBytes = kind == AUSCULT_AUDIO ? 4 : Int(block.pointee.channel_stride)
    let bytes = BlockRing.recordBytes(kind: kind, count: count, channels: channels, channelBytes: channelBytes)
    guard let record = reserve(bytes) else { return false }
    record.assumingMemoryBound(to: RecordHeader.self).pointee = RecordHeader(bytes: bytes, isSkip: 0)

    let copy = (record + BlockRing.skipBytes).assumingMemoryBound(to: auscult_block.self)
    copy.pointee = block.pointee
    var place = UnsafeMutableRawPointer(copy) + BlockRing.aligned(MemoryLayout<auscult_block>.stride)
    copy.pointee.capacity = block.pointee.count

    let headBytes = (kind == AUSCULT_AUDIO ? 1 : count) * MemoryLayout<auscult_head>.stride
    realtime_copy(place, block.pointee.heads, headBytes)
    copy.pointee.heads = place.assumingMemoryBound(to: auscult_head.self)
    place += BlockRing.aligned(headBytes)

    if kind == AUSCULT_AUDIO {
      copyAudio(block, to: copy, at: place, count: count, channels: channels)
    } else {
      copyTokens(block, to: copy, at: place, count: count, channels: channels)
    }
    commit(bytes)
    return true
  }

  @_noLocks @_noAllocation
  private func copyAudio(
    _ block: UnsafePointer<auscult_block>, to copy: UnsafeMutablePointer<auscult_block>,
    at start: UnsafeMutableRawPointer, count: Int, channels: Int
  ) {
    var place = start
    if hasOneMark(block) {
      copyOneMark(block, to: copy, at: place)
    } else if let marks = block.pointee.marks {
      for channel in 0..<channels {
        realtime_copy(place + channel * count, marks + channel * Int(block.pointee.mark_channel_stride), count)
      }
      copy.pointee.marks = place.assumingMemoryBound(to: UInt8.self)
      copy.pointee.mark_channel_stride = UInt32(truncatingIfNeeded: count)
    }
    place += BlockRing.aligned(count * channels)
    let stride = BlockRing.aligned(count * 4)
    for channel in 0..<channels {
      realtime_copy(
        place + channel * stride, block.pointee.data + channel * Int(block.pointee.channel_stride), count * 4)
    }
    copy.pointee.data = place
    copy.pointee.channel_stride = UInt32(truncatingIfNeeded: stride)
  }

  @_noLocks @_noAllocation
  private func copyTokens(
    _ block: UnsafePointer<auscult_block>, to copy: UnsafeMutablePointer<auscult_block>,
    at start: UnsafeMutableRawPointer, count: Int, channels: Int
  ) {
    var place = start
    if let marks = block.pointee.marks {
      if hasOneMark(block) {
        copyOneMark(block, to: copy, at: place)
      } else {
        realtime_copy(place, marks, count * channels)
        copy.pointee.marks = place.assumingMemoryBound(to: UInt8.self)
      }
      place += BlockRing.aligned(count * channels)
    }
    if block.pointee.format.pointee.kind == AUSCULT_SCORE {
      copyLearned(block, to: copy, at: place, channels: channels)
      place += BlockRing.aligned(channels)
    }
    realtime_copy(place, block.pointee.data, count * Int(block.pointee.token_stride))
    copy.pointee.data = place
  }

  /// Whether all tokens of a block have the mark at `marks`. A record has room for more, so that the sizes of records do
  /// not depend on it.
  @inline(__always) @_noLocks @_noAllocation
  private func hasOneMark(_ block: UnsafePointer<auscult_block>) -> Bool {
    block.pointee.marks != nil && block.pointee.mark_token_stride | block.pointee.mark_channel_stride == 0
  }

  @inline(__always) @_noLocks @_noAllocation
  private func copyOneMark(
    _ block: UnsafePointer<auscult_block>, to copy: UnsafeMutablePointer<auscult_block>,
    at place: UnsafeMutableRawPointer
  ) {
    copy.pointee.marks = place.assumingMemoryBound(to: UInt8.self)
    copy.pointee.marks[0] = block.pointee.marks[0]
  }

  @_noLocks @_noAllocation
  private func copyLearned(
    _ block: UnsafePointer<auscult_block>, to copy: UnsafeMutablePointer<auscult_block>,
    at place: UnsafeMutableRawPointer, channels: Int
  ) {
    copy.pointee.learned_marks = nil
    guard block.pointee.flags & AUSCULT_BLOCK_LEARNING != 0, let marks = block.pointee.learned_marks else { return }
    realtime_copy(place, marks, channels)
    copy.pointee.learned_marks = place.assumingMemoryBound(to: UInt8.self)
  }
}

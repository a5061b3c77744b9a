import CNodeABI
import Glibc
import IsolationMessages
import NodeABI

/// Puts the blocks of one call into the shared memory, and takes the outputs from there.
struct BlockSpace {
  /// A pattern behind each output, by which a write over its end shows.
  private static let guardBytes = 64
  private static let guardByte: UInt8 = 0xA5

  private let memory: SharedMemory
  private var place = SharedMemory.blockPlace

  init(_ memory: SharedMemory) { self.memory = memory }

  /// The blocks of one call need more than the shared memory has.
  struct Full: Error {}

  private mutating func room(_ bytes: Int) throws -> UInt64 {
    guard bytes >= 0, bytes <= SharedMemory.bytes - place else { throw Full() }
    defer { place = (place + bytes + 63) & ~63 }
    return UInt64(place)
  }

  private func at(_ place: UInt64) -> UnsafeMutableRawPointer { memory.base + Int(place) }

  // MARK: Inputs

  mutating func put(_ block: UnsafePointer<auscult_block>) throws -> BlockRecord {
    var record = BlockRecord(block.pointee)
    let format = block.pointee.format.pointee
    let isAudio = format.kind == AUSCULT_AUDIO
    let count = Int(block.pointee.count)
    record.capacity = record.count
    let channelBytes = ((isAudio ? count * 4 : format.channelBytes) + 63) & ~63
    record.channelStride = UInt32(channelBytes)
    record.tokenStride = UInt32(isAudio ? 4 : channelBytes * format.payloadChannels)
    record.data = try room(isAudio ? channelBytes * Int(format.channels) : Int(record.tokenStride) * count)
    if count > 0 { copyData(block.pointee, format, record) }
    let headCount = isAudio ? 1 : count
    let headBytes = headCount * MemoryLayout<auscult_head>.stride
    record.heads = try room(headBytes)
    if let heads = block.pointee.heads, count > 0 { memcpy(at(record.heads), heads, headBytes) }
    try putMarks(block.pointee, format, &record)
    if let learned = block.pointee.learned_marks, block.pointee.flags & AUSCULT_BLOCK_LEARNING != 0 {
      record.learnedMarks = try room(Int(format.channels))
      memcpy(at(record.learnedMarks), learned, Int(format.channels))
    }
    return record
  }

  private func copyData(_ block: auscult_block, _ format: auscult_format, _ record: BlockRecord) {
    guard let from = block.data else { return }
    let to = at(record.data)
    let count = Int(block.count)
    if format.kind == AUSCULT_AUDIO {
      for channel in 0..<Int(format.channels) {
        let source = from + channel * Int(block.channel_stride)
        let target = to + channel * Int(record.channelStride)
        if block.token_stride == 4 {
          memcpy(target, source, count * 4)
        } else {
          for index in 0..<count { memcpy(target + index * 4, source + index * Int(block.token_stride), 4) }
        }
      }
      return
    }
    for token in 0..<count {
      for channel in 0..<format.payloadChannels {
        memcpy(
          to + token * Int(record.tokenStride) + channel * Int(record.channelStride),
          from + block.place(token, channel), format.channelBytes)
      }
    }
  }

  private mutating func putMarks(_ block: auscult_block, _ format: auscult_format, _ record: inout BlockRecord) throws {
    guard let marks = block.marks else { return }
    if block.mark_token_stride == 0 && block.mark_channel_stride == 0 {
      record.marks = try room(1)
      memcpy(at(record.marks), marks, 1)
      return
    }
    let (count, channels) = (Int(block.count), Int(format.channels))
    let isAudio = format.kind == AUSCULT_AUDIO
    record.marks = try room(count * channels)
    record.markTokenStride = isAudio ? 1 : UInt32(channels)
    record.markChannelStride = isAudio ? UInt32(count) : 1
    let to = at(record.marks).assumingMemoryBound(to: UInt8.self)
    for channel in 0..<channels {
      for token in 0..<count {
        to[token * Int(record.markTokenStride) + channel * Int(record.markChannelStride)] =
          marks[block.markPlace(token, channel)]
      }
    }
  }

  // MARK: Outputs

  private func dataBytes(_ block: auscult_block) -> Int {
    let format = block.format.pointee
    return format.kind == AUSCULT_AUDIO
      ? Int(block.channel_stride) * Int(format.channels) : Int(block.token_stride) * Int(block.capacity)
  }

  private func headCount(_ block: auscult_block, _ count: UInt32) -> Int {
    block.format.pointee.kind == AUSCULT_AUDIO ? min(1, Int(count)) : Int(count)
  }

  mutating func reserve(_ block: auscult_block) throws -> BlockRecord {
    var record = BlockRecord(block)
    record.count = 0
    record.tokenStride = block.token_stride
    record.channelStride = block.channel_stride
    let bytes = dataBytes(block)
    record.data = try room(bytes + Self.guardBytes)
    memset(at(record.data) + bytes, Int32(Self.guardByte), Self.guardBytes)
    record.heads = try room(headCount(block, max(1, block.capacity)) * MemoryLayout<auscult_head>.stride)
    return record
  }

  /// Takes what the node has yielded into the engine's block.
  ///
  /// - Returns: the rule that the node broke, or nil.
  func take(
    _ record: BlockRecord, count: UInt32, learned: Int64?, into block: UnsafeMutablePointer<auscult_block>
  ) -> String? {
    let bytes = dataBytes(block.pointee)
    let behind = UnsafeRawBufferPointer(start: at(record.data) + bytes, count: Self.guardBytes)
    guard behind.allSatisfy({ $0 == Self.guardByte }) else { return "wrote over the end of its output" }
    guard count <= block.pointee.capacity else { return "yielded more tokens than its configure declared" }
    if let learned {
      block.pointee.flags |= AUSCULT_BLOCK_LEARNING
      block.pointee.learned = learned
    }
    block.pointee.count = count
    guard count > 0 else { return nil }
    let format = block.pointee.format.pointee
    if format.kind == AUSCULT_AUDIO {
      for channel in 0..<Int(format.channels) {
        let offset = channel * Int(block.pointee.channel_stride)
        memcpy(block.pointee.data + offset, at(record.data) + offset, Int(count) * 4)
      }
    } else {
      memcpy(block.pointee.data, at(record.data), Int(count) * Int(block.pointee.token_stride))
    }
    if format.stamp == AUSCULT_STAMP_NODE {
      memcpy(
        block.pointee.heads, at(record.heads), headCount(block.pointee, count) * MemoryLayout<auscult_head>.stride)
    }
    return nil
  }
}

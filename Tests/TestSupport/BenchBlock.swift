import CNodeABI

/// A block with memory of its own, laid out and aligned as a host lays it out.
final class BenchBlock {
  let native: UnsafeMutablePointer<auscult_block>
  private let format: BenchFormat
  private let formatMemory: UnsafeMutablePointer<auscult_format>
  private let memory: UnsafeMutableRawPointer
  private let heads: UnsafeMutablePointer<auscult_head>
  private let capacity: Int
  private let floats: Int
  /// Bits of a NaN that no arithmetic yields.
  private static let untouched: UInt32 = 0x7fa5_a5a5
  /// Floats before the payload that nobody may touch.
  private static let fence = 64
  /// Tokens after the payload that nobody may touch: a node that yields too many is told so, and corrupts nothing.
  private static let spare = 16
  /// Floats after the payload.
  private let after: Int

  /// An empty output block.
  init(_ format: BenchFormat, capacity: Int) {
    self.format = format
    self.capacity = capacity
    let channels = Int(format.native.channels)
    let channelFloats = ((format.isAudio ? capacity : format.width) + 15) / 16 * 16
    floats = channelFloats * channels * (format.isAudio ? 1 : capacity)
    after = BenchBlock.fence + BenchBlock.spare * channelFloats * channels
    let total = BenchBlock.fence + floats + after
    memory = .allocate(byteCount: total * 4, alignment: 64)
    memory.bindMemory(to: UInt32.self, capacity: total).initialize(repeating: BenchBlock.untouched, count: total)
    heads = .allocate(capacity: max(1, capacity))
    heads.initialize(repeating: auscult_head(), count: max(1, capacity))
    formatMemory = .allocate(capacity: 1)
    formatMemory.initialize(to: format.native)
    var block = auscult_block()
    block.size = UInt32(MemoryLayout<auscult_block>.size)
    block.capacity = UInt32(capacity)
    block.channel_stride = UInt32(channelFloats * 4)
    block.token_stride = UInt32(format.isAudio ? 4 : channelFloats * 4 * channels)
    block.data = memory + BenchBlock.fence * 4
    block.heads = heads
    block.complete = .min
    block.format = UnsafePointer(formatMemory)
    native = .allocate(capacity: 1)
    native.initialize(to: block)
  }

  /// An input block that holds a stream.
  convenience init(_ format: BenchFormat, _ stream: BenchStream, flags: UInt32) {
    self.init(format, capacity: stream.count)
    native.pointee.count = UInt32(stream.count)
    native.pointee.flags = flags
    for channel in stream.channels.indices {
      if format.isAudio {
        values(0, channel).update(from: stream.channels[channel], count: stream.count)
      } else {
        for token in 0..<stream.count {
          values(token, channel).update(from: stream.token(token, channel: channel), count: format.width)
        }
      }
    }
  }

  deinit {
    memory.deallocate()
    heads.deallocate()
    formatMemory.deallocate()
    native.deallocate()
  }

  private func values(_ token: Int, _ channel: Int) -> UnsafeMutablePointer<Float> {
    (native.pointee.data + token * Int(native.pointee.token_stride) + channel * Int(native.pointee.channel_stride))
      .assumingMemoryBound(to: Float.self)
  }

  /// What the node has written.
  ///
  /// - Throws: when it wrote too much, too little, or outside.
  func collect() throws -> BenchStream {
    let count = Int(native.pointee.count)
    guard count <= capacity else { throw NodeBench.Problem(text: "\(count) tokens where \(capacity) fit") }
    let words = memory.assumingMemoryBound(to: UInt32.self)
    let end = BenchBlock.fence + floats
    let isFenceIntact = { (range: Range<Int>) in range.allSatisfy { words[$0] == BenchBlock.untouched } }
    guard isFenceIntact(0..<BenchBlock.fence), isFenceIntact(end..<(end + after)) else {
      throw NodeBench.Problem(text: "wrote outside of the block")
    }
    let channels = (0..<Int(format.native.channels)).map { channel in
      format.isAudio
        ? Array(UnsafeBufferPointer(start: values(0, channel), count: count))
        : (0..<count).flatMap { Array(UnsafeBufferPointer(start: values($0, channel), count: format.width)) }
    }
    guard channels.allSatisfy({ $0.allSatisfy { $0.bitPattern != BenchBlock.untouched } }) else {
      throw NodeBench.Problem(text: "left values of a token unwritten")
    }
    return BenchStream(format: format, channels: channels)
  }
}

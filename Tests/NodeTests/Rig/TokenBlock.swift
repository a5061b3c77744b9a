import CNodeABI
import Foundation

/// One port's memory, laid out as the ABI says, and filled with garbage so that what a node leaves out shows.
final class TokenBlock {
  let pointer: UnsafeMutablePointer<auscult_block>
  let format: UnsafeMutablePointer<auscult_format>
  let capacity: Int
  private let dataBytes: Int

  init(_ format: auscult_format, capacity: Int) {
    self.capacity = capacity
    self.format = .allocate(capacity: 1)
    self.format.initialize(to: format)
    let channels = Int(format.channels)
    let aligned: (Int) -> Int = { ($0 + 63) / 64 * 64 }
    let isAudio = format.kind == AUSCULT_AUDIO
    let channelStride = aligned(isAudio ? 4 * max(1, capacity) : Self.payloadBytes(format))
    let tokenStride = isAudio ? 4 : channels * channelStride
    dataBytes = isAudio ? channels * channelStride : max(1, capacity) * tokenStride
    pointer = .allocate(capacity: 1)
    pointer.initialize(to: auscult_block())
    pointer.pointee.size = UInt32(MemoryLayout<auscult_block>.size)
    pointer.pointee.capacity = UInt32(capacity)
    pointer.pointee.token_stride = UInt32(tokenStride)
    pointer.pointee.channel_stride = UInt32(channelStride)
    pointer.pointee.data = .allocate(byteCount: dataBytes, alignment: 64)
    pointer.pointee.heads = .allocate(capacity: max(1, capacity))
    pointer.pointee.heads.initialize(repeating: auscult_head(), count: max(1, capacity))
    pointer.pointee.marks = .allocate(capacity: max(1, capacity) * channels)
    pointer.pointee.marks.initialize(repeating: UInt8(AUSCULT_MARK_SOUNDING), count: max(1, capacity) * channels)
    pointer.pointee.mark_token_stride = 1
    pointer.pointee.mark_channel_stride = UInt32(max(1, capacity))
    pointer.pointee.format = UnsafePointer(self.format)
    soil()
  }

  deinit {
    pointer.pointee.data.deallocate()
    pointer.pointee.heads.deallocate()
    pointer.pointee.marks.deallocate()
    pointer.deallocate()
    format.deallocate()
  }

  static func payloadBytes(_ format: auscult_format) -> Int {
    switch format.kind {
    case AUSCULT_SCORE: MemoryLayout<auscult_score>.stride
    case AUSCULT_EVENT: MemoryLayout<auscult_event>.stride
    default: 4 * Int(format.rows * format.columns) * (format.kind == AUSCULT_SPECTRUM ? 2 : 1)
    }
  }

  /// Bytes 0xff: NaN as floats, and as doubles.
  func soil() { memset(pointer.pointee.data, 0xff, dataBytes) }

  var count: Int {
    get { Int(pointer.pointee.count) }
    set { pointer.pointee.count = UInt32(newValue) }
  }

  func payload<T>(_ token: Int, _ channel: Int, as type: T.Type) -> UnsafeMutablePointer<T> {
    (pointer.pointee.data
      + (token * Int(pointer.pointee.token_stride) + channel * Int(pointer.pointee.channel_stride)))
      .assumingMemoryBound(to: type)
  }

  func setMark(_ token: Int, _ channel: Int, _ mark: UInt8) {
    pointer.pointee.marks[channel * max(1, capacity) + token] = mark
  }
  func mark(_ token: Int, _ channel: Int) -> UInt8 { pointer.pointee.marks[channel * max(1, capacity) + token] }
}

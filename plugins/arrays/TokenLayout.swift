import CNodeABI
import NodeKit

/// Copies a block's tokens into the order of the array: token, channel, value.
struct TokenLayout {
  private let kind: StreamKinds
  private let channels: Int
  /// Bytes of one channel of one token.
  private let width: Int

  init(_ format: StreamFormat, _ header: ArrayHeader) {
    kind = format.kind
    channels = format.channels
    width = header.stride / format.channels
  }

  func append(_ block: InputBlock, tokens: Range<Int>, to bytes: inout [UInt8]) {
    switch kind {
    case .audio: interleave(block, tokens, into: &bytes)
    case .score:
      for token in tokens {
        for channel in 0..<channels {
          withUnsafeBytes(of: block.score(token, channel).pointee.score) { bytes.append(contentsOf: $0) }
        }
      }
    default:
      for token in tokens {
        for channel in 0..<channels {
          bytes.append(contentsOf: UnsafeRawBufferPointer(start: block.raw(token, channel), count: width))
        }
      }
    }
  }

  private func interleave(_ block: InputBlock, _ samples: Range<Int>, into bytes: inout [UInt8]) {
    if channels == 1 {
      bytes.append(
        contentsOf: UnsafeRawBufferPointer(start: block.samples(0) + samples.lowerBound, count: samples.count * 4))
      return
    }
    for sample in samples {
      for channel in 0..<channels {
        withUnsafeBytes(of: block.samples(channel)[sample]) { bytes.append(contentsOf: $0) }
      }
    }
  }
}

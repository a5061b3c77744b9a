import CNodeABI
import NodeKit

/// The header of a NumPy array file, format version 1.0, always 128 bytes long so that it can be rewritten in place.
///
/// Layout: numpy.lib.format: magic, version, length of the text, the text (a Python dictionary), padded with spaces and
/// ended by a line feed.
struct ArrayHeader: Equatable {
  static let length = 128

  /// "<f4", "<f8" or "<c8".
  var type: String
  /// Bytes of one value.
  var width: Int
  /// Shape of one token; the array's shape is the number of tokens, then this.
  var token: [Int]

  /// Bytes of one token.
  var stride: Int { token.reduce(width, *) }

  init(_ format: StreamFormat) throws {
    let channels = format.channels > 1 ? [format.channels] : []
    switch format.kind {
    case .audio: (type, width, token) = ("<f4", 4, channels)
    case .spectrum: (type, width, token) = ("<c8", 8, channels + [format.columns])
    case .features: (type, width, token) = ("<f4", 4, channels + [format.columns])
    case .slice: (type, width, token) = ("<f4", 4, channels + [format.rows, format.columns])
    case .score: (type, width, token) = ("<f8", 8, channels)
    default: throw NodeError("events have no array form; write them with sink.jsonl")
    }
  }

  func bytes(tokens: Int) -> [UInt8] {
    var text = Array("{'descr': '\(type)', 'fortran_order': False, 'shape': \(shape(tokens: tokens)), }".utf8)
    text += Array(repeating: UInt8(ascii: " "), count: Self.length - 10 - text.count - 1) + [UInt8(ascii: "\n")]
    return [0x93] + Array("NUMPY".utf8) + [1, 0, UInt8(text.count & 255), UInt8(text.count >> 8)] + text
  }

  /// As Python writes a tuple: "(3,)", "(3, 2)".
  func shape(tokens: Int) -> String {
    let sizes = ([tokens] + token).map(String.init)
    return sizes.count == 1 ? "(\(sizes[0]),)" : "(\(sizes.joined(separator: ", ")))"
  }

  /// The number of tokens that an array of this shape holds, from the first bytes of its file; nil: not such an array.
  /// Accepts only what `bytes` writes: files of other programs are not appended to.
  func tokens(in bytes: [UInt8]) -> Int? {
    let prefix = Array("{'descr': '\(type)', 'fortran_order': False, 'shape': (".utf8)
    guard bytes.count == Self.length, bytes[10...].starts(with: prefix) else { return nil }
    let digits = bytes[(10 + prefix.count)...].prefix { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
    guard let tokens = Int(String(decoding: digits, as: UTF8.self)), bytes == self.bytes(tokens: tokens) else {
      return nil
    }
    return tokens
  }
}

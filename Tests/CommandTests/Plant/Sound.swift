import CSndFile
import Foundation
import Testing

/// Samples of one channel with positions in them.
struct Sound {
  var samples: [Float]

  /// - Parameter path: a sound file of one channel.
  init(_ path: String) throws {
    var info = SF_INFO()
    let file = try #require(sf_open(path, Int32(SFM_READ), &info), "\(path)")
    defer { sf_close(file) }
    try #require(info.channels == 1)
    samples = [Float](repeating: 0, count: Int(info.frames))
    try #require(sf_readf_float(file, &samples, info.frames) == info.frames)
  }

  /// Where these samples occur in it, one after the other; nil: nowhere.
  func position(of part: ArraySlice<Float>) -> Int? {
    guard let first = part.first, part.count <= samples.count else { return nil }
    return part.withUnsafeBufferPointer { part in
      samples.withUnsafeBufferPointer { all in
        (0...(all.count - part.count)).first { begin in
          all[begin] == first
            && memcmp(all.baseAddress! + begin, part.baseAddress!, part.count * MemoryLayout<Float>.stride) == 0
        }
      }
    }
  }

  /// How many samples of another sound differ from it where they fit best; nil: no tenth of a second of it occurs.
  func difference(to other: Sound) -> Int? {
    let (part, piece) = (other.samples, 4800)
    return stride(from: 0, through: part.count - piece, by: piece).compactMap { begin in
      guard let place = position(of: part[begin..<(begin + piece)]), place >= begin,
        place - begin + part.count <= samples.count
      else { return nil }
      return zip(part, samples[(place - begin)...]).count { $0 != $1 }
    }.min()
  }
}

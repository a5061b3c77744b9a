import NodeKit
import OutputFiles
import Records

/// Frames that wait to be written, in order: samples in the file's encoding, and stretches of silence, which take no
/// memory. Samples that are discarded while the file can't be written become silence.
struct WaitingFrames {
  private enum Piece {
    case samples([UInt8])
    case silence(Int)
  }

  private static let zeros = [UInt8](repeating: 0, count: 1 << 16)

  /// Bytes of a frame.
  let frame: Int
  private var pieces: [Piece] = []
  private var tokens = WaitingTokens()
  /// Bytes of samples that wait in memory.
  private(set) var bytes = 0
  /// Frames that wait, silence included, ...
  private(set) var count = 0
  /// ... and the number of them that were discarded since the last call of `takeLost`.
  private var lost = 0

  init(frame: Int) { self.frame = frame }

  var isEmpty: Bool { count == 0 }

  /// Adds all samples of a block.
  mutating func add(_ block: InputBlock, _ encoding: WavEncoding) {
    tokens.add(block, 0..<block.count)
    // Moved out of its place, so that it grows without a copy.
    var samples: [UInt8] = []
    if case .samples(let last)? = pieces.last {
      samples = last
      pieces.removeLast()
    }
    let before = samples.count
    let added = block.count * frame
    samples.append(contentsOf: repeatElement(0, count: added))
    samples.withUnsafeMutableBufferPointer { buffer in
      guard let start = buffer.baseAddress else { return }
      for channel in 0..<block.channels {
        encoding.write(
          block.samples(channel), block.count, to: start + before + channel * encoding.width, stride: frame)
      }
    }
    bytes += added
    count += block.count
    pieces.append(.samples(samples))
  }

  mutating func addSilence(_ frames: Int) {
    guard frames > 0 else { return }
    count += frames
    if case .silence(let before)? = pieces.last {
      pieces[pieces.count - 1] = .silence(before + frames)
    } else {
      pieces.append(.silence(frames))
    }
  }

  /// Discards the oldest samples until the given number of bytes remains.
  ///
  /// - Returns: frames that were lost.
  mutating func letGo(to most: Int) -> WaitingTokens.Loss? {
    var gone = 0
    var silence = 0
    while bytes > most, !pieces.isEmpty {
      switch pieces.removeFirst() {
      case .silence(let frames): silence += frames
      case .samples(let samples):
        let frames = min(samples.count, (bytes - most + frame - 1) / frame * frame) / frame
        bytes -= frames * frame
        gone += frames
        if frames * frame < samples.count { pieces.insert(.samples(Array(samples[(frames * frame)...])), at: 0) }
      }
    }
    if gone + silence > 0 { pieces.insert(.silence(gone + silence), at: 0) }
    tokens.letGo(gone)
    lost += gone
    return tokens.takeLoss()
  }

  mutating func takeLost() -> Int {
    defer { lost = 0 }
    return lost
  }

  /// Removes the silence in front if it is longer than the given number of frames.
  ///
  /// - Returns: frames removed.
  mutating func leaveOut(over most: Int) -> Int {
    guard case .silence(let frames)? = pieces.first, frames > most else { return 0 }
    pieces.removeFirst()
    count -= frames
    return frames
  }

  /// Passes on the waiting data in pieces, until nothing is left or an error is thrown.
  ///
  /// - Parameter write: gets bytes, and returns the number it has taken: whole frames, also when it throws.
  mutating func write(
    _ write: (UnsafeRawBufferPointer, inout Int) throws(FileProblem) -> Void
  ) throws(FileProblem) {
    while let piece = pieces.first {
      var taken = 0
      switch piece {
      case .samples(let samples):
        defer { wrote(samples, taken) }
        try samples.withBytes { (bytes) throws(FileProblem) in try write(bytes, &taken) }
      case .silence(let frames):
        defer { wroteSilence(frames, taken / frame) }
        let most = max(1, Self.zeros.count / frame)
        let zeros = frame > Self.zeros.count ? [UInt8](repeating: 0, count: frame) : Self.zeros
        try zeros.withBytes { (bytes) throws(FileProblem) in
          try write(UnsafeRawBufferPointer(rebasing: bytes[..<(min(frames, most) * frame)]), &taken)
        }
      }
    }
  }

  private mutating func wrote(_ samples: [UInt8], _ taken: Int) {
    bytes -= taken
    count -= taken / frame
    tokens.written(taken / frame)
    if taken == samples.count {
      pieces.removeFirst()
    } else if taken > 0 {
      pieces[0] = .samples(Array(samples[taken...]))
    }
  }

  private mutating func wroteSilence(_ frames: Int, _ taken: Int) {
    count -= taken
    if taken == frames { pieces.removeFirst() } else { pieces[0] = .silence(frames - taken) }
  }
}

import Glibc
import SystemCalls
import TextEscapes

/// The sound of a measurement as a WAV file of float32 samples.
struct ScratchSound {
  let path: String
  let frames: Int

  /// Writes the first `frames` frames, or fewer if a WAV file can't hold so many.
  init(_ sound: BenchSound, channels: Int, frames: Int, path: String) throws(Failure) {
    self.path = path
    let most = (Int(UInt32.max) - 64) / (4 * channels)
    self.frames = min(frames, most)
    guard let file = fopen(path, "we") else { throw Failure("\(path.shown): cannot be written: \(systemReason())") }
    var isWritten = write(header(rate: sound.rate, channels: channels), to: file)
    var done = 0
    // Noise is the same in every piece.
    let block = 16_384
    while done < self.frames, isWritten {
      let count = min(block, self.frames - done)
      let planes = sound.piece(from: done, frames: count, channels: channels)
      isWritten = write(interleaved(planes, frames: count), to: file)
      done += count
    }
    isWritten = fclose(file) == 0 && isWritten
    if !isWritten { throw Failure("\(path.shown): cannot be written: \(systemReason())") }
  }

  private func write(_ bytes: [UInt8], to file: UnsafeMutablePointer<FILE>) -> Bool {
    fwrite(bytes, 1, bytes.count, file) == bytes.count
  }

  private func interleaved(_ planes: [[Float]], frames: Int) -> [UInt8] {
    var samples = [Float](repeating: 0, count: planes.count * frames)
    for (channel, plane) in planes.enumerated() {
      for frame in 0..<frames { samples[frame * planes.count + channel] = plane[frame] }
    }
    return samples.withUnsafeBytes { Array($0) }
  }

  private func header(rate: Int, channels: Int) -> [UInt8] {
    let data = 4 * channels * frames
    let number = { (value: Int, bytes: Int) in (0..<bytes).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) } }
    return Array("RIFF".utf8) + number(36 + data, 4) + Array("WAVEfmt ".utf8) + number(16, 4) + number(3, 2)
      + number(channels, 2) + number(rate, 4) + number(4 * channels * rate, 4) + number(4 * channels, 2)
      + number(32, 2) + Array("data".utf8) + number(data, 4)
  }
}

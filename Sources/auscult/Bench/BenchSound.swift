import FileDriver

/// The input of a measured graph: noise, or the beginning of a file.
struct BenchSound {
  let rate: Int
  /// "noise", or the file's path.
  let name: String
  /// Frames to run.
  let frames: Int
  /// Channels of the file; nil: any number.
  let channels: Int?
  /// Samples [channel][frame] of a file.
  private let samples: [[Float]]

  init(file: String?, rate: Int, seconds: Double) throws(Failure) {
    guard let file else {
      self.rate = rate
      name = "noise"
      frames = max(1, Int(seconds * Double(rate)))
      channels = nil
      samples = []
      return
    }
    do {
      let audio = try AudioFile(path: file)
      samples = BenchSound.read(audio, frames: Int(seconds * Double(audio.rate)))
      self.rate = audio.rate
      channels = audio.channels
    } catch {
      throw Failure("\(error)")
    }
    name = file
    frames = samples[0].count
    if frames == 0 { throw Failure("\(file): holds no samples") }
  }

  /// Samples [channel][frame], at most one second of them, from a frame on. Noise is the same in every piece.
  func piece(from frame: Int, frames: Int, channels: Int) -> [[Float]] {
    if self.channels == nil { return BenchSound.noise(channels: channels, frames: frames) }
    return samples.prefix(channels).map { Array($0[frame..<frame + frames]) }
  }

  private static func read(_ file: AudioFile, frames: Int) -> [[Float]] {
    var samples = [[Float]](repeating: [], count: file.channels)
    let block = 4096
    var interleaved = [Float](repeating: 0, count: block * file.channels)
    while samples[0].count < frames {
      let count = interleaved.withUnsafeMutableBufferPointer {
        file.read($0.baseAddress!, frames: min(block, frames - samples[0].count))
      }
      if count == 0 { break }
      for channel in samples.indices {
        for frame in 0..<count { samples[channel].append(interleaved[frame * file.channels + channel]) }
      }
    }
    return samples
  }

  /// White noise within half of full scale, from a linear congruential generator (Knuth's MMIX).
  private static func noise(channels: Int, frames: Int) -> [[Float]] {
    var state: UInt64 = 1
    return (0..<channels).map { _ in
      (0..<frames).map { _ in
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return Float(Int32(truncatingIfNeeded: state >> 32)) / 4_294_967_296
      }
    }
  }
}

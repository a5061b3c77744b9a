import CKernels

/// An audio file's samples channel by channel, as cycles need them, for any period.
final class PlanarReader {
  private let file: AudioFile
  /// The first channels of the file; the others are read and discarded.
  private let channels: Int
  private let block: Int
  private let capacity: Int
  private let interleaved: UnsafeMutablePointer<Float>
  private let planes: UnsafeMutablePointer<Float>
  private var first = 0
  private var held = 0

  /// - Parameter longest: the most frames that one call of `next` may request.
  init(_ file: AudioFile, channels: Int, longest: Int) {
    self.file = file
    self.channels = channels
    // Few reads for few channels, little memory for many; and a block stays in the processor's cache.
    block = max(256, 16_384 / file.channels)
    capacity = block + longest
    interleaved = .allocate(capacity: block * file.channels)
    planes = .allocate(capacity: max(1, capacity * channels))
  }

  deinit {
    interleaved.deallocate()
    planes.deallocate()
  }

  /// Reads the next `frames` frames; fewer at the end of the file, 0 after it. Sets `pointers` [channels] to their samples,
  /// which are valid until the next call.
  func next(_ frames: Int, _ pointers: UnsafeMutablePointer<UnsafePointer<Float>?>) -> Int {
    while held < frames, fill() {}
    let count = min(frames, held)
    for channel in 0..<channels { pointers[channel] = UnsafePointer(planes + channel * capacity + first) }
    first += count
    held -= count
    return count
  }

  /// Reads one more block and appends it; false at the end of the file.
  private func fill() -> Bool {
    if first > 0 {
      for channel in 0..<channels {
        let plane = planes + channel * capacity
        plane.update(from: plane + first, count: held)
      }
      first = 0
    }
    let wanted = min(block, capacity - held)
    let count: Int
    if file.channels == 1 && channels == 1 {
      count = file.read(planes + held, frames: wanted)
    } else {
      count = file.read(interleaved, frames: wanted)
      kernel_deinterleave(planes + held, capacity, interleaved, file.channels, channels, count)
    }
    held += count
    return count > 0
  }
}

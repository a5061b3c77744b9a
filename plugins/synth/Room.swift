import CRealtime
import NodeKit

/// The path from the machine to the recorder: sound arrives several times, with delays. It keeps the samples before a
/// block that the block needs, and recomputes them after a jump, so a block depends on its position alone.
struct Room {
  /// Dry sound: the samples before the block, then the block [before + Voice.block].
  private let sound: UnsafeMutablePointer<Float>
  /// Samples that are kept, in whole blocks.
  let before: Int
  /// Position of the block that continues the kept samples.
  var next = Int64.min

  init(_ memory: NodeMemory, sampleRate: Double) {
    before = Self.samples(sampleRate)
    sound = memory.array(repeating: 0, count: before + Voice.block)
  }

  /// Samples of the longest path, in whole blocks.
  static func samples(_ sampleRate: Double) -> Int {
    (Int(Series.longestPath * sampleRate + 1) / Voice.block + 1) * Voice.block
  }

  /// Where to write the next block of dry sound.
  @_noLocks @_noAllocation
  func advance() -> UnsafeMutablePointer<Float> {
    realtime_move(sound, sound + Voice.block, before * MemoryLayout<Float>.stride)
    return sound + before
  }

  /// The latest block as it arrives.
  @_noLocks @_noAllocation
  func hear(_ out: UnsafeMutablePointer<Float>, _ recording: Recording) {
    for index in 0..<Voice.block { out[index] = 0 }
    for path in 0..<recording.paths.count {
      let amplitude = recording.gain * recording.paths[path]
      if amplitude == 0 { continue }
      let source = sound + before - recording.delays[path]
      for index in 0..<Voice.block { out[index] += amplitude * source[index] }
    }
  }
}

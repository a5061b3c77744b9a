import CKernels
import CRealtime
import NodeKit

/// The samples that later columns still need, of all channels side by side.
///
/// Each channel has a line of memory, filled from the left; when it is full, the samples that are still needed move to
/// the front. The samples of a column are always contiguous.
struct SampleHistory {
  private let channels: Int
  /// Samples that each channel's line holds.
  private let capacity: Int
  private let lines: UnsafeMutablePointer<Float>
  /// Pre-emphasis: its coefficient, and the sample before the next one, per channel.
  private let coefficient: Float
  private let latest: UnsafeMutablePointer<Float>
  /// Samples in each line.
  private var fill = 0
  /// Where the next column begins. Beyond `fill`: that many samples are skipped first.
  private var begin = 0

  /// Thread: control.
  init(channels: Int, length: Int, preEmphasis: Float, _ memory: NodeMemory) {
    self.channels = channels
    capacity = (2 * length + 1024 + 15) / 16 * 16
    coefficient = preEmphasis
    lines = memory.array(repeating: 0, count: channels * capacity)
    latest = memory.array(repeating: 0, count: channels)
  }

  /// Bytes that an instance holds.
  static func memory(channels: Int, length: Int) -> Int { channels * (2 * length + 1024 + 16) * 4 }

  /// Forgets everything; then `zeros` of silence, at most the window's length, precede the first sample.
  @_noLocks @_noAllocation
  mutating func restart(zeros: Int) {
    for channel in 0..<channels {
      realtime_zero(line(channel), zeros * MemoryLayout<Float>.size)
      latest[channel] = 0
    }
    fill = zeros
    begin = 0
  }

  @_noLocks @_noAllocation
  private func line(_ channel: Int) -> UnsafeMutablePointer<Float> { lines + channel * capacity }

  /// Whether all `length` samples of the next column have arrived.
  @_noLocks @_noAllocation
  func holdsColumn(_ length: Int) -> Bool { begin + length <= fill }

  /// The samples of the next column.
  @_noLocks @_noAllocation
  func column(_ channel: Int) -> UnsafePointer<Float> { UnsafePointer(line(channel) + begin) }

  /// Moves on to the next column.
  @_noLocks @_noAllocation
  mutating func advance(hop: Int) { begin += hop }

  /// Whether the next samples lie between two columns (the hop is longer than the window).
  private var isLeavingOut: Bool { @_noLocks @_noAllocation get { fill == 0 && begin > 0 } }

  /// The number of samples that `take` can accept now, at least 1. Call it when no column is left to be computed.
  @_noLocks @_noAllocation
  mutating func room() -> Int {
    if begin >= fill {
      begin -= fill
      fill = 0
    }
    if isLeavingOut { return begin }
    if fill == capacity {
      let kept = fill - begin
      for channel in 0..<channels {
        realtime_move(line(channel), line(channel) + begin, kept * MemoryLayout<Float>.size)
      }
      begin = 0
      fill = kept
    }
    return capacity - fill
  }

  /// Takes `count` samples of one channel, at most `room()`; nil: zeros, which pre-emphasis leaves zero. Call it for
  /// every channel, then `took`.
  @_noLocks @_noAllocation
  func take(_ samples: UnsafePointer<Float>?, _ count: Int, channel: Int) {
    let target = line(channel) + fill
    guard let samples else {
      if !isLeavingOut { realtime_zero(target, count * MemoryLayout<Float>.size) }
      return
    }
    if !isLeavingOut {
      if coefficient == 0 {
        realtime_copy(target, samples, count * MemoryLayout<Float>.size)
      } else {
        kernel_pre_emphasis(target, samples, latest[channel], coefficient, count)
      }
    }
    latest[channel] = samples[count - 1]
  }

  /// Call it after `take` for all channels.
  @_noLocks @_noAllocation
  mutating func took(_ count: Int) {
    if isLeavingOut { begin -= count } else { fill += count }
  }
}

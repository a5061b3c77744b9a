import CRealtime
import NodeKit

/// The latest input that a filter still needs, of all channels side by side: contiguous for each channel, so that
/// samples move to the front only when a line is full.
struct InputHistory {
  private let channels: Int
  private let capacity: Int
  /// [channels][capacity]; entry 0 of a line is the sample of index `first`.
  private let lines: UnsafeMutablePointer<Float>
  private var filled = 0
  private var first: Int64 = 0

  /// Samples of a line: what a group of outputs reads, and as much again before a move is due.
  static func capacity(_ table: FilterTable) -> Int { (2 * table.width + 1024 + 15) / 16 * 16 }

  init(_ table: FilterTable, channels: Int, _ memory: NodeMemory) {
    self.channels = channels
    capacity = Self.capacity(table)
    lines = memory.array(repeating: 0, count: channels * capacity)
  }

  /// Index of the first sample that has not arrived.
  var end: Int64 { @_noLocks @_noAllocation get { first + Int64(filled) } }

  /// Samples between those of two channels.
  var channelStride: Int { @_noLocks @_noAllocation get { capacity } }

  /// A channel's samples from an index on.
  @inline(__always) @_noLocks @_noAllocation
  func samples(_ channel: Int, from index: Int64) -> UnsafePointer<Float> {
    UnsafePointer(lines + channel * capacity + Int(index - first))
  }

  /// Zeros before the first sample, whose index is 0.
  @_noLocks @_noAllocation
  mutating func restart(zeros: Int) {
    for channel in 0..<channels { realtime_zero(lines + channel * capacity, zeros * MemoryLayout<Float>.stride) }
    filled = zeros
    first = -Int64(zeros)
  }

  /// Appends samples of a block from `begin` on, as many as fit once those before index `needed` are gone.
  @_noLocks @_noAllocation
  mutating func append(_ input: InputBlock, from begin: Int, needed: Int64) -> Int {
    let count = min(input.count - begin, makeRoom(needed))
    for channel in 0..<channels {
      let line = lines + channel * capacity
      realtime_copy(line + filled, input.samples(channel) + begin, count * MemoryLayout<Float>.stride)
    }
    filled += count
    return count
  }

  @_noLocks @_noAllocation
  mutating func appendZeros(_ wanted: Int, needed: Int64) -> Int {
    let count = min(wanted, makeRoom(needed))
    for channel in 0..<channels {
      realtime_zero(lines + channel * capacity + filled, count * MemoryLayout<Float>.stride)
    }
    filled += count
    return count
  }

  @_noLocks @_noAllocation
  private mutating func makeRoom(_ needed: Int64) -> Int {
    if filled < capacity { return capacity - filled }
    let unneeded = min(Int(needed - first), filled)
    for channel in 0..<channels {
      let line = lines + channel * capacity
      realtime_move(line, line + unneeded, (filled - unneeded) * MemoryLayout<Float>.stride)
    }
    filled -= unneeded
    first += Int64(unneeded)
    return capacity - filled
  }
}

import CKernels
import CRealtime
import NodeKit

/// The realtime part of a rate change: each output sample is one dot product of a row of the table with the latest
/// input, which is contiguous. So its bits depend on these samples only, not on how they arrived.
struct Polyphase {
  private let rows: UnsafePointer<Float>
  private let taps: Int
  private let left: Int
  private let right: Int
  private let up: Int
  private let down: Int
  private let starts: Int
  private let channels: Int

  /// Latest input [channels][capacity]; entry 0 is the sample of index `first`.
  private let history: UnsafeMutablePointer<Float>
  private let capacity: Int
  private var filled = 0
  private var first: Int64 = 0
  /// Samples that have arrived since the start.
  private var received: Int64 = 0
  /// The next output sample's place: input sample q and phase, k * down = q * up + phase.
  private var q: Int64 = 0
  private var phase = 0
  /// Index of its row, while that is one of the rows for the start.
  private var k = 0

  /// A few times the filter's length, so that moves back to the front are rare.
  static func historyCapacity(_ table: FilterTable) -> Int { (3 * table.taps + 4096 + 15) / 16 * 16 }

  init(_ table: FilterTable, _ ratio: Ratio, channels: Int, _ memory: NodeMemory) {
    rows = table.rows
    taps = table.taps
    left = table.left
    right = table.right
    up = ratio.up
    down = ratio.down
    starts = table.starts
    self.channels = channels
    capacity = Self.historyCapacity(table)
    history = memory.array(repeating: 0, count: channels * capacity)
    restart()
  }

  /// Zeros before the first sample.
  @_noLocks @_noAllocation
  mutating func restart() {
    for channel in 0..<channels {
      realtime_zero(history + channel * capacity, left * MemoryLayout<Float>.stride)
    }
    filled = left
    first = -Int64(left)
    received = 0
    q = 0
    phase = 0
    k = 0
  }

  /// Takes all of the input, and yields the samples that it completes; at the end of the stream all that remain.
  @_noLocks @_noAllocation
  mutating func process(_ input: InputBlock, _ output: OutputBlock) {
    var taken = 0
    while taken < input.count {
      let count = append(input, from: taken)
      guard count > 0 else { return }  // only if the host gives less room than the node asked for
      taken += count
      received += Int64(count)
      yield(output, below: received - Int64(right))
    }
    guard input.isEnd else { return }
    var padding = right
    while padding > 0 {
      let count = appendZeros(padding)
      guard count > 0 else { return }
      padding -= count
      yield(output, below: received - Int64(padding))
    }
  }

  @_noLocks @_noAllocation
  private mutating func append(_ input: InputBlock, from: Int) -> Int {
    let count = min(input.count - from, makeRoom())
    for channel in 0..<channels {
      realtime_copy(
        history + channel * capacity + filled, input.samples(channel) + from, count * MemoryLayout<Float>.stride)
    }
    filled += count
    return count
  }

  @_noLocks @_noAllocation
  private mutating func appendZeros(_ wanted: Int) -> Int {
    let count = min(wanted, makeRoom())
    for channel in 0..<channels {
      realtime_zero(history + channel * capacity + filled, count * MemoryLayout<Float>.stride)
    }
    filled += count
    return count
  }

  /// Without room, removes the samples that no later output sample needs; returns how many samples fit. At most a
  /// filter's length plus the samples between two outputs remain.
  @_noLocks @_noAllocation
  private mutating func makeRoom() -> Int {
    if filled < capacity { return capacity - filled }
    let unneeded = min(Int(q - Int64(left) - first), filled)
    for channel in 0..<channels {
      let row = history + channel * capacity
      realtime_move(row, row + unneeded, (filled - unneeded) * MemoryLayout<Float>.stride)
    }
    filled -= unneeded
    first += Int64(unneeded)
    return capacity - filled
  }

  /// Yields all output samples before an input sample.
  @_noLocks @_noAllocation
  private mutating func yield(_ output: OutputBlock, below end: Int64) {
    let (startQ, startPhase, startK, done) = (q, phase, k, output.count)
    var count = done
    for channel in 0..<channels {
      (q, phase, k, count) = (startQ, startPhase, startK, done)
      let to = output.samples(channel)
      let from = history + channel * capacity
      while q < end && count < output.capacity {
        let row = k < starts ? k : starts + phase
        to[count] = kernel_dot(rows + row * taps, from + Int(q - Int64(left) - first), taps)
        count += 1
        advance()
      }
    }
    output.count = count
  }

  @inline(__always) @_noLocks @_noAllocation
  private mutating func advance() {
    phase += down
    q += Int64(phase / up)
    phase %= up
    if k < starts { k += 1 }
  }
}

import CKernels
import CRealtime
import NodeKit

/// The realtime part of a rate change: each output sample is one dot product of a row of the table with the latest
/// input, which is contiguous. Output samples are computed in groups at fixed places of the stream, so their bits depend
/// on the input alone, not on how it arrived.
struct Polyphase {
  private let groups: UnsafePointer<FilterTable.Group>
  private let width: Int
  private let left: Int
  private let right: Int
  private let span: Int
  private let ratio: Ratio
  private let channels: Int
  /// Room for two groups, where the output has no room for a whole one.
  private let scratch: UnsafeMutablePointer<Float>

  private var history: InputHistory
  /// The next group, and the first input sample of its period.
  private var next = 0
  private var origin: Int64 = 0

  init(_ table: FilterTable, _ ratio: Ratio, channels: Int, _ memory: NodeMemory) {
    groups = table.groups
    width = table.width
    left = table.left
    right = table.right
    span = table.span
    self.ratio = ratio
    self.channels = channels
    history = InputHistory(table, channels: channels, memory)
    scratch = memory.array(repeating: 0, count: 2 * Self.rows)
    restart()
  }

  private static var rows: Int { @_noLocks @_noAllocation get { Int(KERNEL_FIR_ROWS) } }

  /// Zeros before the first sample.
  @_noLocks @_noAllocation
  mutating func restart() {
    history.restart(zeros: left)
    next = 0
    origin = 0
  }

  /// Takes all of the input, and yields the groups that it completes; at the end of the stream all that remain.
  @_noLocks @_noAllocation
  mutating func process(_ input: InputBlock, _ output: OutputBlock) {
    var taken = 0
    while taken < input.count {
      let count = history.append(input, from: taken, needed: needed)
      guard count > 0 else { return }  // only if the host gives less room than the node asked for
      taken += count
      yield(output, before: Int64.max)
    }
    guard input.isEnd else { return }
    let end = history.end
    var padding = right + span
    while padding > 0 {
      let count = history.appendZeros(padding, needed: needed)
      guard count > 0 else { return }
      padding -= count
      yield(output, before: end)
    }
  }

  /// The first input sample that a later output sample depends on.
  private var needed: Int64 {
    @_noLocks @_noAllocation get { origin + Int64(groups[next].first - left) }
  }

  /// Yields all groups whose input has arrived, without the output samples at or after input sample `end`.
  @_noLocks @_noAllocation
  private mutating func yield(_ output: OutputBlock, before end: Int64) {
    while true {
      let group = groups[next]
      guard isComplete(group, from: origin) else { return }
      let count = origin + Int64(group.last) < end ? group.count : outputs(of: group, before: end)
      guard count > 0, output.count + count <= output.capacity else { return }
      if isFollowedByItself(group, output, before: end) {
        runTwice(group, output)
      } else {
        run(group, count, output)
      }
    }
  }

  /// Whether all samples that a group reads have arrived.
  @inline(__always) @_noLocks @_noAllocation
  private func isComplete(_ group: FilterTable.Group, from origin: Int64) -> Bool {
    origin + Int64(group.first + span + right) < history.end
  }

  /// How many output samples of a group lie before input sample `end`.
  @_noLocks @_noAllocation
  private func outputs(of group: FilterTable.Group, before end: Int64) -> Int {
    let before = (max(0, Int(end - origin)) * ratio.up + ratio.down - 1) / ratio.down
    return min(max(0, before - group.output), group.count)
  }

  /// Whether the same group of a single channel, one period later, can run together with this one.
  @_noLocks @_noAllocation
  private func isFollowedByItself(_ group: FilterTable.Group, _ output: OutputBlock, before end: Int64) -> Bool {
    guard channels == 1, group.next == next else { return false }
    let later = origin + Int64(group.advance)
    return isComplete(group, from: later) && later + Int64(group.last) < end
      && output.count + 2 * Self.rows <= output.capacity
  }

  @_noLocks @_noAllocation
  private mutating func runTwice(_ group: FilterTable.Group, _ output: OutputBlock) {
    let to = output.samples(0) + output.count
    let from = history.samples(0, from: needed)
    kernel_fir_pair(to, to + Self.rows, group.rows, from, from + group.advance, width)
    output.count += 2 * Self.rows
    origin += 2 * Int64(group.advance)
  }

  /// Yields `count` output samples of every channel.
  @_noLocks @_noAllocation
  private mutating func run(_ group: FilterTable.Group, _ count: Int, _ output: OutputBlock) {
    let done = output.count
    let fits = done + Self.rows <= output.capacity
    let needed = needed
    var channel = 0
    while channel < channels {
      let pair = min(2, channels - channel)
      let first = fits ? output.samples(channel) + done : scratch
      if pair == 2 {
        let second = fits ? output.samples(channel + 1) + done : scratch + Self.rows
        kernel_fir_pair(
          first, second, group.rows, history.samples(channel, from: needed),
          history.samples(channel + 1, from: needed), width)
      } else {
        kernel_fir(first, group.rows, history.samples(channel, from: needed), width)
      }
      if !fits {
        for part in 0..<pair {
          realtime_copy(
            output.samples(channel + part) + done, scratch + part * Self.rows, count * MemoryLayout<Float>.stride)
        }
      }
      channel += pair
    }
    output.count = done + count
    origin += Int64(group.advance)
    next = group.next
  }
}

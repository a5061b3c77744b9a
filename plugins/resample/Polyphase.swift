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
  /// Room for a group of every channel, where the output has no room for a whole one.
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
    scratch = memory.array(repeating: 0, count: channels * Self.rows)
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
      let periods = periods(of: group, output, before: end)
      if periods > 1 {
        run(group, periods: periods, output)
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

  /// How many periods of a single channel, which consist of this group, can run together.
  @_noLocks @_noAllocation
  private func periods(of group: FilterTable.Group, _ output: OutputBlock, before end: Int64) -> Int {
    guard channels == 1, group.next == next else { return 1 }
    let last = min(history.end - 1 - Int64(group.first + span + right), end - 1 - Int64(group.last))
    let arrived = last < origin ? 0 : Int(last - origin) / group.advance + 1
    return min(arrived, (output.capacity - output.count) / Self.rows)
  }

  @_noLocks @_noAllocation
  private mutating func run(_ group: FilterTable.Group, periods: Int, _ output: OutputBlock) {
    kernel_fir(
      output.samples(0) + output.count, Self.rows, group.rows, history.samples(0, from: needed), group.advance, width,
      periods)
    output.count += periods * Self.rows
    origin += Int64(periods * group.advance)
  }

  /// Yields `count` output samples of every channel.
  @_noLocks @_noAllocation
  private mutating func run(_ group: FilterTable.Group, _ count: Int, _ output: OutputBlock) {
    let done = output.count
    let fits = done + Self.rows <= output.capacity
    let stride = channels > 1 ? output.samples(1) - output.samples(0) : 0
    kernel_fir(
      fits ? output.samples(0) + done : scratch, fits ? stride : Self.rows, group.rows,
      history.samples(0, from: needed), history.channelStride, width, channels)
    if !fits {
      for channel in 0..<channels {
        realtime_copy(
          output.samples(channel) + done, scratch + channel * Self.rows, count * MemoryLayout<Float>.stride)
      }
    }
    output.count = done + count
    origin += Int64(group.advance)
    next = group.next
  }
}

import CNodeABI
import CRealtime
import NodeABI

/// Carries the source's marks (silent, clipped, ...) through a node, by position. A token has the marks of all input
/// tokens that it was computed from, and the mean of their shares of silence. Neither what the node does nor how the
/// audio was cut changes that.
///
/// A ring keeps the marks of the latest inputs, mapped to the output's channels. Most streams keep the same marks for
/// hours. So the last change is remembered, and tokens after it need no search.
struct MarkHistory {
  /// How a token relates to the input tokens whose marks it takes.
  enum Rule {
    /// Same positions: the input's marks are the output's.
    case same
    /// Every input that overlaps the token (audio in).
    case overlap
    /// Every input that lies within the token (overlapping inputs, such as columns in a slice).
    case within
  }

  let rule: Rule
  let ring: UnsafeMutablePointer<UInt8>
  /// Ring length in input tokens, a power of two, less one.
  let mask: Int64
  let inputChannels: Int
  let outputChannels: Int
  /// Input channel of each output channel, or nil: all of them.
  let map: UnsafePointer<UInt32>?
  // In ticks of the output.
  let inputPeriod: Int64
  let inputExtent: Int64
  let inputOffset: Int64
  /// A share of silence, as a mark. A token with this share or more counts as silent. Audio never reaches it: a sample
  /// keeps its source's mark.
  let silentShare: UInt8

  /// Position of the input token with `taken` 0, without the offset, in ticks of the output.
  var base: Int64 = 0
  var taken: Int64 = 0
  var lastChange: Int64 = 0
  var value: UInt8 = 0

  @_noLocks @_noAllocation
  mutating func reset() {
    taken = 0
    lastChange = 0
    value = 0
  }

  @_noLocks @_noAllocation
  mutating func start(at origin: Int64) {
    base = origin
    reset()
  }

  /// Takes the marks of a call's inputs and sets those of its output. In the usual case the positions are the same and
  /// the output uses the input's marks at almost no cost.
  @inline(__always) @_noLocks @_noAllocation
  mutating func pass(
    _ inputs: UnsafeMutablePointer<UnsafePointer<auscult_block>?>, count: Int,
    to output: UnsafeMutablePointer<StepOutput>
  ) {
    if rule == .same && !output.pointee.isStampedByNode {
      giveSame(output, input: inputs[0]!)
      return
    }
    take(inputs, count: count)
    give(output, input: inputs[0]!)
  }

  // MARK: Input

  /// Takes the marks of a call's inputs. Joined inputs have the same positions; their marks are merged.
  @inline(never) @_noLocks @_noAllocation
  private mutating func take(_ inputs: UnsafeMutablePointer<UnsafePointer<auscult_block>?>, count: Int) {
    if rule == .same { return }
    let tokens = Int(inputs[0]!.pointee.count)
    if tokens == 0 { return }
    if count == 1 && goesOnUnchanged(inputs[0]!, tokens) {
      taken += Int64(tokens)
      return
    }
    for index in 0..<count { take(inputs[index]!, isFirst: index == 0) }
    noteChanges(tokens)
    taken += Int64(tokens)
  }

  /// The usual case: the ring holds one value only, and so does the block. Nothing is written.
  @_noLocks @_noAllocation
  private func goesOnUnchanged(_ input: UnsafePointer<auscult_block>, _ tokens: Int) -> Bool {
    guard taken - lastChange > mask, let marks = input.pointee.marks else { return false }
    let channels = Int(input.pointee.format.pointee.channels)
    let isAudio = input.pointee.mark_token_stride == 1 && channels > 1
    let rows = isAudio ? channels : 1
    let length = isAudio ? tokens : tokens * channels
    var difference: UInt8 = 0
    for row in 0..<rows {
      let start = marks + row * Int(input.pointee.mark_channel_stride)
      for index in 0..<length { difference |= start[index] ^ value }
    }
    return difference == 0
  }

  @_noLocks @_noAllocation
  private func take(_ input: UnsafePointer<auscult_block>, isFirst: Bool) {
    let channels = Int(input.pointee.format.pointee.channels)
    for token in 0..<Int(input.pointee.count) {
      let slot = ring + Int((taken + Int64(token)) & mask) * outputChannels
      let all = map == nil && channels != outputChannels ? allMarks(input, token, channels) : 0
      for channel in 0..<outputChannels {
        let mark =
          map != nil || channels == outputChannels
          ? mark(input, token, map == nil ? channel : Int(map![channel])) : all
        slot[channel] = isFirst ? mark : Marks.merged(slot[channel], mark)
      }
    }
  }

  @_noLocks @_noAllocation
  private func mark(_ input: UnsafePointer<auscult_block>, _ token: Int, _ channel: Int) -> UInt8 {
    input.pointee.marks![
      token * Int(input.pointee.mark_token_stride) + channel * Int(input.pointee.mark_channel_stride)]
  }

  @_noLocks @_noAllocation
  private func allMarks(_ input: UnsafePointer<auscult_block>, _ token: Int, _ channels: Int) -> UInt8 {
    var all = mark(input, token, 0)
    for channel in 1..<max(1, channels) { all = Marks.merged(all, mark(input, token, channel)) }
    return all
  }

  @_noLocks @_noAllocation
  private mutating func noteChanges(_ tokens: Int) {
    for token in 0..<Int64(tokens) {
      let slot = ring + Int((taken + token) & mask) * outputChannels
      for channel in 0..<outputChannels where slot[channel] != value {
        value = slot[channel]
        lastChange = taken + token
        // If channels differ among themselves, every token counts as a change.
        if channel > 0 { lastChange = taken + token + 1 }
      }
    }
  }

  // MARK: Output

  /// Marks the tokens that were just yielded.
  @inline(never) @_noLocks @_noAllocation
  private func give(_ output: UnsafeMutablePointer<StepOutput>, input: UnsafePointer<auscult_block>) {
    let block = output.pointee.block.pointer
    let count = Int(block.pointee.count)
    if count == 0 { return }
    if rule == .same {
      giveByPosition(block, input: input)
      return
    }
    let isAudio = output.pointee.isAudio
    let heads: UnsafeMutablePointer<auscult_head> = block.pointee.heads
    let time = block.pointee.time
    if firstInput(time.beginTicks(heads)) >= lastChange {
      fill(block, count: count, isAudio: isAudio)
      return
    }
    for token in 0..<count { collect(block, token, isAudio: isAudio) }
  }

  /// Each output token belongs to one input token, so the output uses the input's marks.
  @inline(__always) @_noLocks @_noAllocation
  private func giveSame(_ output: UnsafeMutablePointer<StepOutput>, input: UnsafePointer<auscult_block>) {
    let block = output.pointee.block.pointer
    if block.pointee.count > input.pointee.count { return giveUnknown(output) }
    block.pointee.marks = input.pointee.marks
    block.pointee.mark_token_stride = input.pointee.mark_token_stride
    block.pointee.mark_channel_stride = input.pointee.mark_channel_stride
  }

  /// The node held tokens back without declaring it. Their marks are no longer here.
  @inline(never) @_noLocks @_noAllocation
  private func giveUnknown(_ output: UnsafeMutablePointer<StepOutput>) {
    let block = output.pointee.block.pointer
    let capacity = Int(block.pointee.capacity)
    realtime_fill(output.pointee.ownMarks!, Marks.unknown, capacity * outputChannels)
    block.pointee.marks = output.pointee.ownMarks
    block.pointee.mark_token_stride = output.pointee.isAudio ? 1 : UInt32(outputChannels)
    block.pointee.mark_channel_stride = output.pointee.isAudio ? UInt32(capacity) : 1
  }

  /// A node that stamps its own tokens says in the heads which input token each output token belongs to.
  @_noLocks @_noAllocation
  private func giveByPosition(_ block: UnsafeMutablePointer<auscult_block>, input: UnsafePointer<auscult_block>) {
    for token in 0..<Int(block.pointee.count) {
      let wanted = block.pointee.heads[token]
      for channel in 0..<outputChannels {
        block.pointee.marks![token * outputChannels + channel] = Marks.unknown
      }
      for candidate in 0..<Int(input.pointee.count)
      where input.pointee.heads[candidate].index == wanted.index
        && input.pointee.heads[candidate].origin == wanted.origin
      {
        for channel in 0..<outputChannels {
          block.pointee.marks![token * outputChannels + channel] = mark(input, candidate, channel)
        }
      }
    }
  }

  /// Index of the first input token that a token with this begin takes marks from.
  @_noLocks @_noAllocation
  private func firstInput(_ begin: Int64) -> Int64 {
    let from = begin - base - inputOffset
    let first = rule == .overlap ? floorDivide(from - inputExtent, inputPeriod) + 1 : ceilDivide(from, inputPeriod)
    return max(max(first, 0), taken - mask - 1)
  }

  @_noLocks @_noAllocation
  private func fill(_ block: UnsafeMutablePointer<auscult_block>, count: Int, isAudio: Bool) {
    let rows = isAudio ? outputChannels : 1
    let length = isAudio ? count : count * outputChannels
    for row in 0..<rows {
      realtime_fill(block.pointee.marks! + row * Int(block.pointee.mark_channel_stride), silenced(value), length)
    }
  }

  @_noLocks @_noAllocation
  private func collect(_ block: UnsafeMutablePointer<auscult_block>, _ token: Int, isAudio: Bool) {
    let head = block.pointee.heads + (isAudio ? 0 : token)
    let sample = isAudio ? Int64(token) : 0
    let marks = block.pointee.marks! + token * Int(block.pointee.mark_token_stride)
    let (begin, end) = (block.pointee.time.beginTicks(head, sample), block.pointee.time.endTicks(head, sample))
    collect(begin: begin, end: end, into: marks, stride: Int(block.pointee.mark_channel_stride))
  }

  @_noLocks @_noAllocation
  private func collect(begin: Int64, end: Int64, into marks: UnsafeMutablePointer<UInt8>, stride: Int) {
    let to = end - base - inputOffset
    let first = firstInput(begin)
    let last = min(
      rule == .overlap ? ceilDivide(to, inputPeriod) - 1 : floorDivide(to - inputExtent, inputPeriod), taken - 1)
    if first >= lastChange {
      for channel in 0..<outputChannels { marks[channel * stride] = silenced(value) }
      return
    }
    for channel in 0..<outputChannels {
      var bits: UInt8 = 0
      var silence: Int64 = 0
      var index = first
      while index <= last {
        let mark = ring[Int(index & mask) * outputChannels + channel]
        bits |= mark
        silence += Int64(mark >> Marks.silenceShift)
        index += 1
      }
      let share = last < first ? 0 : UInt8(truncatingIfNeeded: silence / (last - first + 1))
      marks[channel * stride] = silenced(bits & Marks.bits | share << Marks.silenceShift)
    }
  }

  /// The mark of a token whose share of silence is known: from `silentShare` on it does not sound.
  @inline(__always) @_noLocks @_noAllocation
  private func silenced(_ mark: UInt8) -> UInt8 {
    mark & Marks.silence >= silentShare ? mark & ~UInt8(AUSCULT_MARK_SOUNDING) : mark
  }

  // MARK: Learning

  /// Sets the marks of the last token that a learning node has taken: those of its input's last token.
  @_noLocks @_noAllocation
  func giveLearned(_ marks: UnsafeMutablePointer<UInt8>, input: UnsafePointer<auscult_block>) {
    let channels = Int(input.pointee.format.pointee.channels)
    let token = Int(input.pointee.count) - 1
    for channel in 0..<outputChannels {
      let from = map.map { Int($0[channel]) } ?? (channels == outputChannels ? channel : -1)
      if input.pointee.flags & AUSCULT_BLOCK_LEARNING != 0 {
        let learned = from < 0 ? nil : input.pointee.learned_marks
        marks[channel] = learned.map { $0[from] } ?? Marks.unmarked.rawValue
      } else if token >= 0 {
        marks[channel] = from < 0 ? allMarks(input, token, channels) : mark(input, token, from)
      } else {
        marks[channel] = Marks.unmarked.rawValue
      }
    }
  }
}

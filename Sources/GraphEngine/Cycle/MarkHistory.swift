import CKernels
import CNodeABI
import CRealtime
import NodeABI

/// Carries the source's marks (silent, clipped, ...) through a node, by position. A token has the marks of all input
/// tokens that it was computed from, and the mean of their shares of silence. Neither what the node does nor how the
/// audio was cut changes that.
///
/// Most streams keep the same marks for hours. So each channel has its last change, and a ring of the marks before it:
/// tokens that begin after the change need no search, and inputs without a change are not copied. Where all channels
/// have one mark, blocks have one, too (`hasOneMark`), and a call only compares it.
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
  /// A ring of marks for each output channel [outputChannels][mask + 1], valid up to its last change.
  let ring: UnsafeMutablePointer<UInt8>
  /// Ring length in input tokens, a power of two, less one.
  let mask: Int64
  let channels: UnsafeMutablePointer<MarkedChannel>
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
  /// The latest change of any channel.
  var latestChange: Int64 = 0
  /// All channels have the same mark.
  var isAlike = true

  @_noLocks @_noAllocation
  mutating func reset() {
    taken = 0
    latestChange = 0
    isAlike = true
    if rule == .same { return }
    for channel in 0..<outputChannels { channels[channel] = MarkedChannel() }
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
    if isSame(output) { return giveSame(output, input: inputs[0]!) }
    take(inputs, count: count)
    give(output, input: inputs[0]!)
  }

  // MARK: Output

  /// The output's marks are the input's, token by token.
  @inline(__always) @_noLocks @_noAllocation
  func isSame(_ output: UnsafeMutablePointer<StepOutput>) -> Bool {
    rule == .same && !output.pointee.isStampedByNode
  }

  /// Marks the tokens that were just yielded.
  @inline(never) @_noLocks @_noAllocation
  private func give(_ output: UnsafeMutablePointer<StepOutput>, input: UnsafePointer<auscult_block>) {
    let block = output.pointee.block.pointer
    let count = Int(block.pointee.count)
    if count == 0 { return }
    if rule == .same {
      output.pointee.showOwnMarks()
      giveByPosition(block, input: input)
      return
    }
    let first = firstInput(block.pointee.time.beginTicks(block.pointee.heads))
    if isAlike && first >= latestChange {
      output.pointee.showOneMark(silenced(channels[0].value))
      return
    }
    output.pointee.showOwnMarks()
    collect(block, count, isAudio: output.pointee.isAudio, first: first)
    if !output.pointee.isAudio { output.pointee.shortenMarks(count) }
  }

  /// Each output token belongs to one input token, so the output uses the input's marks.
  @inline(__always) @_noLocks @_noAllocation
  func giveSame(_ output: UnsafeMutablePointer<StepOutput>, input: UnsafePointer<auscult_block>) {
    let block = output.pointee.block.pointer
    if block.pointee.count > input.pointee.count { return giveUnknown(output) }
    block.pointee.marks = input.pointee.marks
    block.pointee.mark_token_stride = input.pointee.mark_token_stride
    block.pointee.mark_channel_stride = input.pointee.mark_channel_stride
  }

  /// The node held tokens back without declaring it. Their marks are no longer here.
  @inline(never) @_noLocks @_noAllocation
  private func giveUnknown(_ output: UnsafeMutablePointer<StepOutput>) {
    output.pointee.showOneMark(Marks.unknown)
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

  /// Index of the last input token that a token with this end takes marks from.
  @_noLocks @_noAllocation
  private func lastInput(_ end: Int64) -> Int64 {
    let to = end - base - inputOffset
    let last = rule == .overlap ? ceilDivide(to, inputPeriod) - 1 : floorDivide(to - inputExtent, inputPeriod)
    return min(last, taken - 1)
  }

  /// Writes the marks of a block's tokens. `first`: the input token that the block's first token begins with.
  @_noLocks @_noAllocation
  private func collect(_ block: UnsafeMutablePointer<auscult_block>, _ count: Int, isAudio: Bool, first: Int64) {
    let strides = (token: Int(block.pointee.mark_token_stride), channel: Int(block.pointee.mark_channel_stride))
    let (marks, heads): (UnsafeMutablePointer<UInt8>, UnsafeMutablePointer<auscult_head>) = (
      block.pointee.marks, block.pointee.heads
    )
    for channel in 0..<outputChannels where isAudio && first >= channels[channel].change {
      realtime_fill(marks + channel * strides.channel, silenced(channels[channel].value), count)
    }
    for token in 0..<count {
      let (head, sample) = (heads + (isAudio ? 0 : token), isAudio ? Int64(token) : 0)
      let begin = firstInput(block.pointee.time.beginTicks(head, sample))
      let last = lastInput(block.pointee.time.endTicks(head, sample))
      for channel in 0..<outputChannels where !isAudio || first < channels[channel].change {
        marks[token * strides.token + channel * strides.channel] = collected(channel, from: begin, through: last)
      }
    }
  }

  /// The mark of a channel's token that was computed from these input tokens.
  @_noLocks @_noAllocation
  private func collected(_ channel: Int, from first: Int64, through last: Int64) -> UInt8 {
    let state = channels[channel]
    if first >= state.change { return silenced(state.value) }
    if last < first { return silenced(0) }
    var bits: UInt8 = 0
    var silence: Int64 = 0
    var index = first
    while index < min(last + 1, state.change) {
      let part = min(Int(min(last + 1, state.change) - index), room(index))
      silence += Int64(kernel_marks_gather(slot(channel, index), &bits, part))
      index += Int64(part)
    }
    if index <= last {
      bits |= state.value
      silence += (last + 1 - index) * Int64(state.value >> Marks.silenceShift)
    }
    let share = UInt8(truncatingIfNeeded: silence / (last - first + 1))
    return silenced(bits & Marks.bits | share << Marks.silenceShift)
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
        marks[channel] = from < 0 ? allMarks(input, token) : mark(input, token, from)
      } else {
        marks[channel] = Marks.unmarked.rawValue
      }
    }
  }
}

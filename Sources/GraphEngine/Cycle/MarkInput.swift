import CKernels
import CNodeABI
import CRealtime
import NodeABI

/// The marks of one channel in a history: one value since the last change.
struct MarkedChannel {
  /// Index of the first input token that has `value`, as all later ones do.
  var change: Int64 = 0
  var value: UInt8 = 0
}

/// Takes the marks of a call's inputs into the history.
extension MarkHistory {
  /// Joined inputs have the same positions; their marks are merged.
  @inline(never) @_noLocks @_noAllocation
  mutating func take(_ inputs: UnsafeMutablePointer<UnsafePointer<auscult_block>?>, count: Int) {
    if rule == .same { return }
    let input = inputs[0]!
    let tokens = Int(input.pointee.count)
    if tokens == 0 { return }
    let goesOn = count == 1 && isAlike && input.pointee.hasOneMark && input.pointee.marks[0] == channels[0].value
    if !goesOn { takeChannels(inputs, count, tokens) }
    taken += Int64(tokens)
  }

  @_noLocks @_noAllocation
  private mutating func takeChannels(
    _ inputs: UnsafeMutablePointer<UnsafePointer<auscult_block>?>, _ count: Int, _ tokens: Int
  ) {
    var hasChanged = false
    for channel in 0..<outputChannels {
      if count == 1 && goesOn(inputs[0]!, channel, tokens) { continue }
      hasChanged = true
      writeValue(channel)
      for index in 0..<count { write(inputs[index]!, channel, tokens, isFirst: index == 0) }
      noteChange(channel, tokens)
    }
    if hasChanged { compareChannels() }
  }

  /// Whether a channel's marks are what they were. Then nothing is written.
  @_noLocks @_noAllocation
  private func goesOn(_ input: UnsafePointer<auscult_block>, _ channel: Int, _ tokens: Int) -> Bool {
    guard let from = inputChannel(channel) else { return false }
    let value = channels[channel].value
    let stride = Int(input.pointee.mark_token_stride)
    let marks = input.pointee.marks + from * Int(input.pointee.mark_channel_stride)
    if stride == 1 { return kernel_marks_are(marks, value, tokens) != 0 }
    if stride == 0 { return marks[0] == value }
    for token in 0..<tokens where marks[token * stride] != value { return false }
    return true
  }

  /// The input channel that an output channel has its marks from; nil: from all of them.
  @inline(__always) @_noLocks @_noAllocation
  private func inputChannel(_ channel: Int) -> Int? {
    if let map { return Int(map[channel]) }
    return inputChannels == outputChannels ? channel : nil
  }

  // MARK: Ring

  @inline(__always) @_noLocks @_noAllocation
  func slot(_ channel: Int, _ index: Int64) -> UnsafeMutablePointer<UInt8> {
    ring + channel * Int(mask + 1) + Int(index & mask)
  }

  /// Slots from a token's on up to the ring's end.
  @inline(__always) @_noLocks @_noAllocation
  func room(_ index: Int64) -> Int { Int(mask + 1 - index & mask) }

  /// Writes the marks since a channel's last change, all one value: the ring does not hold them until now.
  @_noLocks @_noAllocation
  private func writeValue(_ channel: Int) {
    var index = max(channels[channel].change, taken - mask - 1)
    while index < taken {
      let part = min(Int(taken - index), room(index))
      realtime_fill(slot(channel, index), channels[channel].value, part)
      index += Int64(part)
    }
  }

  @_noLocks @_noAllocation
  private func write(_ input: UnsafePointer<auscult_block>, _ channel: Int, _ tokens: Int, isFirst: Bool) {
    let stride = Int(input.pointee.mark_token_stride)
    guard stride == 1, let from = inputChannel(channel) else {
      for token in 0..<tokens {
        let place = slot(channel, taken + Int64(token))
        let from = inputChannel(channel)
        let new = from == nil ? allMarks(input, token) : mark(input, token, from.unsafelyUnwrapped)
        place.pointee = isFirst ? new : Marks.merged(place.pointee, new)
      }
      return
    }
    let marks = UnsafePointer(input.pointee.marks + from * Int(input.pointee.mark_channel_stride))
    var token = 0
    while token < tokens {
      let index = taken + Int64(token)
      let part = min(tokens - token, room(index))
      if isFirst {
        realtime_copy(slot(channel, index), marks + token, part)
      } else {
        kernel_marks_merge(slot(channel, index), marks + token, part)
      }
      token += part
    }
  }

  /// Finds the last change within the tokens that were just written.
  @_noLocks @_noAllocation
  private mutating func noteChange(_ channel: Int, _ tokens: Int) {
    let value = slot(channel, taken + Int64(tokens) - 1).pointee
    // Tokens up to the last one with another mark.
    var others = tokens
    while others > 0 {
      let end = taken + Int64(others)
      let part = min(others, Int((end - 1) & mask) + 1)
      let last = kernel_marks_last_other(slot(channel, end - Int64(part)), value, part)
      others -= part - last
      if last > 0 { break }
    }
    if others == 0 && value == channels[channel].value { return }
    channels[channel] = MarkedChannel(change: taken + Int64(others), value: value)
    latestChange = max(latestChange, taken + Int64(others))
  }

  @_noLocks @_noAllocation
  private mutating func compareChannels() {
    isAlike = true
    for channel in 1..<max(1, outputChannels) where channels[channel].value != channels[0].value { isAlike = false }
  }

  // MARK: Marks of a block

  @_noLocks @_noAllocation
  func mark(_ input: UnsafePointer<auscult_block>, _ token: Int, _ channel: Int) -> UInt8 {
    input.pointee.marks![input.pointee.markPlace(token, channel)]
  }

  /// The marks of all channels, merged.
  @_noLocks @_noAllocation
  func allMarks(_ input: UnsafePointer<auscult_block>, _ token: Int) -> UInt8 {
    var all = mark(input, token, 0)
    for channel in 1..<max(1, inputChannels) { all = Marks.merged(all, mark(input, token, channel)) }
    return all
  }
}

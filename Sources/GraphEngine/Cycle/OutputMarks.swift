import CKernels
import CNodeABI
import CRealtime
import NodeABI

extension auscult_block {
  /// All tokens and channels have one mark, which lies at `marks`: both strides are 0.
  @inline(__always)
  var hasOneMark: Bool { @_noLocks @_noAllocation get { mark_token_stride | mark_channel_stride == 0 } }
}

/// How a block shows the marks of its tokens: one by one in its own memory, audio channel by channel; or as one.
extension StepOutput {
  @inline(__always) @_noLocks @_noAllocation
  func showOwnMarks() {
    let pointer = block.pointer
    pointer.pointee.marks = ownMarks
    pointer.pointee.mark_token_stride = isAudio ? 1 : format.pointee.channels
    pointer.pointee.mark_channel_stride = isAudio ? pointer.pointee.capacity : 1
  }

  @inline(__always) @_noLocks @_noAllocation
  func showOneMark(_ mark: UInt8) {
    ownMarks![0] = mark
    let pointer = block.pointer
    pointer.pointee.marks = ownMarks
    pointer.pointee.mark_token_stride = 0
    pointer.pointee.mark_channel_stride = 0
  }

  /// Shows the marks of `count` tokens as one if they are equal.
  ///
  /// - Returns: that mark; nil: they differ.
  @discardableResult @_noLocks @_noAllocation
  func shortenMarks(_ count: Int) -> UInt8? {
    guard let marks = ownMarks, count > 0 else { return nil }
    let channels = Int(format.pointee.channels)
    let (rows, length, stride) = isAudio ? (channels, count, block.capacity) : (1, count * channels, 0)
    for row in 0..<rows where kernel_marks_are(marks + row * stride, marks[0], length) == 0 { return nil }
    showOneMark(marks[0])
    return marks[0]
  }

  /// Marks all samples of a source as sounding, connected and moving. The source changes the marks when it has looked at
  /// its samples.
  @inline(__always) @_noLocks @_noAllocation
  mutating func resetMarks() {
    showOwnMarks()
    if markedTokens > 0 { clearMarks() }
  }

  @inline(never) @_noLocks @_noAllocation
  private mutating func clearMarks() {
    let channels = Int(format.pointee.channels)
    let count = min(markedTokens, block.capacity)
    let (rows, length, stride) = isAudio ? (channels, count, block.capacity) : (1, count * channels, 0)
    for row in 0..<rows { realtime_fill(ownMarks! + row * stride, Marks.unmarked.rawValue, length) }
    markedTokens = 0
  }

  /// Looks at the marks that a source has set.
  @inline(__always) @_noLocks @_noAllocation
  mutating func settleMarks(_ count: Int) {
    if count == 0 { return }
    markedTokens = shortenMarks(count) == Marks.unmarked.rawValue ? 0 : count
  }
}

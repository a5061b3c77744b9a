import CNodeABI

/// Counts how long a channel has been silent, and how long it has had one value. This tells the silence or the stuck
/// value of a dead input from the zero crossings and equal neighbours of every sound. A run counts from `least` samples
/// on; silence at the beginning of a stream counts at once.
///
/// Runs continue from call to call, so that the cut of the audio makes no difference. For ordinary sound it looks at
/// one sample in `least`, no longer run can hide between two looks, and at the last samples of a call.
///
/// For sources. Thread: the one that runs the node.
public struct Stillness: Sendable, BitwiseCopyable {
  private var silent = Int.max
  private var equal = 0
  private var last: UInt32 = 0
  private var hasLast = false

  @_noLocks @_noAllocation
  public init() {}

  /// The shortest run that counts, in samples: 5 ms of sound.
  public static func least(rate: Int) -> Int { max(2, rate / 200) }

  /// Corrects the marks of samples [count] whose AUSCULT_MARK_SOUNDING and AUSCULT_MARK_MOVING were set one by one.
  /// Samples within silence get a share of silence of 15 fifteenths. So do samples within a run of equal values that
  /// would sound; these then neither sound nor move.
  @_noLocks @_noAllocation
  public mutating func mark(
    _ samples: UnsafePointer<Float>, _ marks: UnsafeMutablePointer<UInt8>, count: Int, least: Int
  ) {
    if count == 0 { return }
    markSilence(marks, count, least)
    markEqual(samples, marks, count, least)
    last = samples[count - 1].bitPattern
    hasLast = true
  }

  @_noLocks @_noAllocation
  private mutating func markSilence(_ marks: UnsafeMutablePointer<UInt8>, _ count: Int, _ least: Int) {
    let sounding = UInt8(AUSCULT_MARK_SOUNDING)
    var index = 0
    while index < count {
      if silent == 0 && index + least <= count && marks[index + least - 1] & sounding != 0 {
        // No run that begins here is long enough. One may begin after the sample that sounds.
        index += least
        continue
      }
      if silent == 0 && index + least > count {
        // The rest is shorter than a run: only what may continue in the next call counts.
        var last = count - 1
        while last >= index && marks[last] & sounding == 0 { last -= 1 }
        silent = count - 1 - last
        return
      }
      if marks[index] & sounding != 0 {
        silent = 0
      } else {
        silent = min(silent, least - 1) + 1
        if silent == least { marks[index] |= UInt8(AUSCULT_MARK_SILENCE) }
      }
      index += 1
    }
  }

  /// Whether a sample equals the one before it, which may be the last of the call before.
  @inline(__always) @_noLocks @_noAllocation
  private func repeats(_ samples: UnsafePointer<Float>, _ index: Int) -> Bool {
    index > 0
      ? samples[index].bitPattern == samples[index - 1].bitPattern : hasLast && samples[0].bitPattern == last
  }

  @_noLocks @_noAllocation
  private mutating func markEqual(
    _ samples: UnsafePointer<Float>, _ marks: UnsafeMutablePointer<UInt8>, _ count: Int, _ least: Int
  ) {
    var index = 0
    while index < count {
      let end = index + least - 1
      if equal == 0 && end < count && samples[end].bitPattern != samples[end - 1].bitPattern {
        index += least
        continue
      }
      if equal == 0 && end >= count {
        var last = count - 1
        while last >= index && repeats(samples, last) { last -= 1 }
        equal = count - 1 - last
        return
      }
      equal = repeats(samples, index) ? min(equal + 1, least) : 0
      if equal == least && marks[index] & UInt8(AUSCULT_MARK_SOUNDING) != 0 {
        marks[index] &= ~UInt8(AUSCULT_MARK_MOVING | AUSCULT_MARK_SOUNDING)
        marks[index] |= UInt8(AUSCULT_MARK_SILENCE)
      }
      index += 1
    }
  }
}

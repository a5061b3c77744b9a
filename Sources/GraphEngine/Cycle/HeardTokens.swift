import CNodeABI
import GraphCompiler
import NodeABI

/// Keeps tokens with padding from nodes that judge.
///
/// A centred column may begin before the first sample of a stretch, or end after the last sample of a file. So may a
/// slice with such a column, and a slice that was filled up. Their spans reach beyond the frames that were heard. A
/// node that judges gets only tokens whose spans do not, in training as in a run. Sinks get all tokens. One exception:
/// if a stretch ends before its first slice is full, and `pad: true` or the zeros after a centred column fill that
/// slice, it is judged.
extension auscult_block {
  /// The tokens whose spans lie between the stretch's first sample and the stream's end.
  @_noLocks @_noAllocation
  func heardTokens() -> (first: Int, count: Int) {
    var first = 0
    var last = Int(count)
    while first < last && isPadded(first) { first += 1 }
    while last > first && isPadded(last - 1) { last -= 1 }
    return (first, last - first)
  }

  @_noLocks @_noAllocation
  private func isPadded(_ token: Int) -> Bool {
    let head = heads + token
    if end != Int64.max && time.endTicks(head) > end * format.pointee.denominator {
      // In a stretch shorter than one slice, judge the only slice that there is.
      return head.pointee.index != 0
    }
    // Zeros before the stream's first sample are librosa's convention. After a gap they stand for sound that was lost.
    let segment = head.pointee.segment
    return segment != 0 && time.beginTicks(head) < segment * format.pointee.denominator
  }
}

extension UnsafeMutablePointer where Pointee == Step {
  /// Gives the node views of its inputs without padded tokens. The blocks stay unchanged: other steps read them too.
  @_noLocks @_noAllocation
  func showHeard(_ views: UnsafeMutablePointer<auscult_block>) {
    for index in 0..<pointee.inputCount {
      guard let input = pointee.sources[index] else { continue }
      if input.pointee.format.pointee.kind == AUSCULT_AUDIO {
        pointee.inputs[index] = input
        continue
      }
      let view = views + index
      view.pointee = input.pointee
      let (first, count) = input.pointee.heardTokens()
      view.pointee.dropFirst(first)
      view.pointee.count = UInt32(truncatingIfNeeded: count)
      pointee.inputs[index] = UnsafePointer(view)
    }
  }
}

extension StepOutput {
  /// Removes bands above half of the lowest rate that the sound went through from scores: nothing can be heard there.
  @_noLocks @_noAllocation
  func dropUnheardBands() {
    guard let frequencies = format.pointee.frequencies else { return }
    let bands = format.pointee.frequency_count
    for token in 0..<block.count {
      for channel in 0..<Int(format.pointee.channels) {
        let score = block.score(token, channel)
        let list = UnsafeMutableRawPointer(score).advanced(by: scoreBandsOffset).assumingMemoryBound(to: UInt32.self)
        var kept = 0
        for named in 0..<Int(min(score.pointee.band_count, 8)) {
          if list[named] < bands && frequencies[Int(list[named])] > highest { continue }
          list[kept] = list[named]
          kept += 1
        }
        score.pointee.band_count = UInt32(truncatingIfNeeded: kept)
      }
    }
  }
}

/// Byte offset of the bands in a score: after its score, threshold, class, probability and band count.
private var scoreBandsOffset: Int { @_noLocks @_noAllocation get { 28 } }

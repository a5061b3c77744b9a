import CNodeABI
import GraphCompiler

/// Tokens that hold padding are not judged.
///
/// A centred column may begin before the first sample of a stretch, or end behind the last one of a file; so may a slice
/// that has such a column, or one that was filled up. Their spans say so: they reach beyond what was heard. A node that
/// judges gets the tokens whose spans lie within it, in training as in a run; sinks get all. Only a slice that is the first
/// of a stretch which is over before it is full is judged all the same: `pad: true`, or the zeros behind
/// a centred column, have filled it.
extension auscult_block {
  /// The tokens whose content lies between the stretch's first sample and the stream's end.
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
    let head = heads[token]
    let begin = head.origin + format.pointee.offset + head.index * format.pointee.period
    if end != Int64.max && begin + format.pointee.extent > end * format.pointee.denominator {
      // A stretch shorter than one slice has no other: who fills it up wants it judged.
      return head.index != 0
    }
    // The zeros before the first sample of all are librosa's convention; behind a gap they stand for sound that was lost.
    return head.segment != 0 && begin < head.segment * format.pointee.denominator
  }
}

extension Step {
  /// Puts views before the inputs that leave out what was not heard. The blocks themselves have other readers.
  @_noLocks @_noAllocation
  func showHeard(_ views: UnsafeMutablePointer<auscult_block>) {
    for index in 0..<inputCount {
      guard let input = sources[index] else { continue }
      if input.pointee.format.pointee.kind == AUSCULT_AUDIO {
        inputs[index] = input
        continue
      }
      let view = views + index
      view.pointee = input.pointee
      let (first, count) = input.pointee.heardTokens()
      view.pointee.dropFirst(first)
      view.pointee.count = UInt32(truncatingIfNeeded: count)
      inputs[index] = UnsafePointer(view)
    }
  }
}

extension StepOutput {
  /// No score names a band that nothing can be heard in: above half of the lowest rate that its sound went through.
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

/// Where the bands lie in a score: behind its score, threshold, class, probability and their count.
private var scoreBandsOffset: Int { @_noLocks @_noAllocation get { 28 } }

import CNodeABI
import NodeABI

/// Matches the tokens of a node's inputs by position. Each input's tokens stay queued until every input has the token
/// that begins at the same frame position. A token without a partner is counted as unmatched.
///
/// Used on the realtime thread, where a gap reaches all inputs in the same cycle, and on workers, where a block after
/// a gap stays in its ring until the queue is empty.
struct Join {
  let inputCount: Int
  let queues: UnsafeMutablePointer<JoinQueue>
  /// The blocks that the node sees [inputCount]: they point to the fronts of the queues.
  let joined: UnsafeMutablePointer<auscult_block>
  /// Period of the joined tokens, in common ticks: ticks in which the positions of all inputs are compared.
  let period: Int64
  /// Most tokens that the node gets in one call.
  let mostTokens: Int

  /// The join came with a swap and has matched nothing yet. Its inputs began at different times, so tokens without a
  /// partner do not count as unmatched.
  var isFresh = false
  var unmatched: Int64 = 0
  /// Where the next joined token begins if nothing is lost, in common ticks.
  var expected: Int64 = Int64.min
  var hasGap = false
  var gap = auscult_gap()
  /// A gap that one input has passed. It explains the jump that follows.
  var hasNoted = false
  var noted = auscult_gap()
}

extension Join {
  @_noLocks @_noAllocation
  mutating func clear() {
    for index in 0..<inputCount {
      unmatched += Int64(queues[index].count)
      queues[index].count = 0
    }
  }

  /// All inputs have ended.
  var hasEnded: Bool {
    @_noLocks @_noAllocation get {
      for index in 0..<inputCount where !queues[index].hasEnded { return false }
      return true
    }
  }

  /// Every queue holds more than `matched` tokens.
  @_noLocks @_noAllocation
  func hasMore(after matched: Int) -> Bool {
    for index in 0..<inputCount where queues[index].count <= matched { return false }
    return true
  }

  /// A node before the join still learns, and `present` has not passed that on yet.
  var isLearning: Bool {
    @_noLocks @_noAllocation get {
      for index in 0..<inputCount where queues[index].learned != Int64.min { return true }
      return false
    }
  }

  /// A gap was noted, and every input is past it with an empty queue.
  var isGapPassed: Bool {
    @_noLocks @_noAllocation get {
      if !hasNoted { return false }
      for index in 0..<inputCount where queues[index].count > 0 || queues[index].complete < noted.end { return false }
      return true
    }
  }

  /// Drops tokens that can find no partner any more: another input's queue is empty and its watermark is past them.
  @_noLocks @_noAllocation
  private mutating func dropUnmatchable() {
    for empty in 0..<inputCount where queues[empty].count == 0 && queues[empty].complete != Int64.min {
      for index in 0..<inputCount {
        var unmatchable = 0
        while unmatchable < queues[index].count
          && queues[empty].end(of: queues[index].begin(unmatchable)) <= queues[empty].complete
        {
          unmatchable += 1
        }
        queues[index].remove(unmatchable)
        unmatched += Int64(unmatchable)
      }
    }
  }

  /// Drops tokens that can find no partner any more.
  ///
  /// - Returns: how many tokens match at the fronts of all queues.
  @_noLocks @_noAllocation
  mutating func match() -> Int {
    while true {
      dropUnmatchable()
      var latest = Int64.min
      for index in 0..<inputCount {
        if queues[index].count == 0 { return 0 }
        latest = max(latest, queues[index].begin(0))
      }
      var isAligned = true
      for index in 0..<inputCount where queues[index].begin(0) < latest {
        isAligned = false
        let earlier = (latest - queues[index].begin(0) + period - 1) / period
        let dropped = queues[index].isAudio ? min(Int(earlier), queues[index].count) : 1
        queues[index].remove(dropped)
        unmatched += Int64(dropped)
      }
      if isAligned { break }
    }
    return commonRun()
  }

  @_noLocks @_noAllocation
  private func commonRun() -> Int {
    var run = mostTokens
    for index in 0..<inputCount { run = min(run, queues[index].count) }
    if queues[0].isAudio { return run }
    var length = 1
    while length < run {
      let begin = queues[0].begin(length)
      // A jump ends the run: the node is reset there.
      if begin != queues[0].begin(length - 1) + period { break }
      for index in 1..<inputCount where queues[index].begin(length) != begin { return length }
      length += 1
    }
    return length
  }

  /// A gap reached the inputs. The waiting tokens find no partner; the next joined block carries the gap.
  @_noLocks @_noAllocation
  mutating func enterGap(_ lost: auscult_gap) {
    clear()
    gap = lost
    hasGap = true
    expected = Int64.min
  }

  /// Remembers a gap that one input has passed. A driver's gap takes precedence over a queue's. The input yields no
  /// more tokens that end within the gap.
  @_noLocks @_noAllocation
  mutating func note(_ lost: auscult_gap, from index: Int) {
    queues[index].complete = max(queues[index].complete, lost.end)
    if !hasNoted || (isDrivers(lost.cause) && !isDrivers(noted.cause)) { noted = lost }
    hasNoted = true
  }

  /// Whether a gap's cause lies before the graph.
  @_noLocks @_noAllocation
  private func isDrivers(_ cause: UInt32) -> Bool {
    cause == AUSCULT_GAP_XRUN || cause == AUSCULT_GAP_SERVER || cause == AUSCULT_GAP_NETWORK
  }

  /// The gap for a jump that no input announced: on one path, tokens found no partner.
  @_noLocks @_noAllocation
  private func jump(from: Int64, to: Int64) -> auscult_gap {
    let ticks = joined.pointee.format.pointee.denominator * queues[0].scale
    return auscult_gap(
      begin: floorDivide(from, ticks), end: ceilDivide(to, ticks), cause: AUSCULT_GAP_DROP, count: 0,
      node: joined.pointee.producer.pointee.node)
  }

  /// Points the joined blocks to the first `count` tokens of each queue.
  @_noLocks @_noAllocation
  mutating func present(_ count: Int, passesGap: Bool = false, end: Bool) {
    if count == 0 && hasNoted && (passesGap || end) {
      gap = noted
      hasGap = true
      hasNoted = false
      expected = Int64.min
    }
    if count > 0 {
      isFresh = false
      let begin = queues[0].begin(0)
      if expected != Int64.min && begin != expected {
        gap = hasNoted ? noted : jump(from: expected, to: begin)
        hasGap = true
      }
      hasNoted = false
      expected = begin + Int64(count) * period
    }
    let isMore = hasMore(after: count)
    for index in 0..<inputCount {
      let block = joined + index
      block.pointee.count = UInt32(truncatingIfNeeded: count)
      block.pointee.flags = (end ? AUSCULT_BLOCK_END : 0) | (hasGap ? AUSCULT_BLOCK_GAP : 0)
      block.pointee.complete = isMore ? min(queues[index].complete, waitingEnd(index, count)) : queues[index].complete
      block.pointee.gap = gap
      block.pointee.end = queues[index].end
      if queues[index].learned == Int64.min { continue }
      block.pointee.flags |= AUSCULT_BLOCK_LEARNING
      block.pointee.learned = queues[index].learned
      queues[index].learned = Int64.min
    }
    hasGap = false
  }

  /// The last frame position before the token at `count` of a queue ends: the next run's tokens are not complete yet.
  @_noLocks @_noAllocation
  private func waitingEnd(_ index: Int, _ count: Int) -> Int64 {
    queues[index].end(of: queues[index].begin(count)) - 1
  }

  @_noLocks @_noAllocation
  mutating func consume(_ count: Int) {
    for index in 0..<inputCount { queues[index].remove(count) }
  }
}

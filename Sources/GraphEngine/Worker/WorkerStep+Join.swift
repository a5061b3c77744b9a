import CNodeABI

/// Joined inputs on workers: blocks move from the rings into the join's queues, and the node runs on matching tokens.
extension WorkerStep {
  /// Moves as many blocks as possible, and runs the node on matching tokens.
  func takeJoined() -> Attempt {
    let join = step.pointee.join!
    let hasInput = moveFronts(to: join)
    let matched = join.pointee.match()
    let isOver = join.pointee.hasEnded && inputs.allSatisfy(\.isEmpty) && !hasEnded
    let isLast = isOver && !join.pointee.hasMore(after: matched)
    let passesGap = matched == 0 && join.pointee.isGapPassed
    let learns = join.pointee.isLearning
    join.pointee.present(matched, passesGap: passesGap, end: isLast)

    let isFurther = noteComplete(step.complete(lookahead: 0))
    if matched > 0 || isLast || passesGap || learns || (isFurther && runsWithoutTokens) {
      guard run() else { return .lost }
      join.pointee.consume(matched)
    } else if isFurther {
      guard publishIdle() else { return .lost }
    }
    if let count = join.pointee.takeUnmatched() { unmatched.add(count, ordering: .relaxed) }
    if isLast { noteEnd() }
    return hasInput || matched > 0 || isLast || passesGap ? .ran : .idle
  }

  private func moveFronts(to join: UnsafeMutablePointer<Join>) -> Bool {
    var hasInput = false
    for index in inputs.indices {
      let queue = join.pointee.queues + index
      guard let front = inputs[index].front(mayBegin: true) else {
        queue.pointee.complete = max(queue.pointee.complete, inputs[index].complete)
        continue
      }
      guard passGap(join, index, front), queue.pointee.append(UnsafePointer(front)) else { continue }
      inputs[index].release()
      hasInput = true
    }
    return hasInput
  }

  /// Passes a gap once the queue before it is empty: its tokens have found their partners or can find none.
  private func passGap(
    _ join: UnsafeMutablePointer<Join>, _ index: Int, _ front: UnsafeMutablePointer<auscult_block>
  ) -> Bool {
    guard front.pointee.flags & AUSCULT_BLOCK_GAP != 0, !front.pointee.isGapTaken else { return true }
    guard join.pointee.queues[index].count == 0 else { return false }
    join.pointee.note(front.pointee.gap, from: index)
    front.pointee.isGapTaken = true
    return true
  }
}

extension auscult_block {
  /// Set on a ring's record once its gap has been noted.
  fileprivate var isGapTaken: Bool {
    get { flags & 0x8000_0000 != 0 }
    set { flags = newValue ? flags | 0x8000_0000 : flags & ~0x8000_0000 }
  }
}

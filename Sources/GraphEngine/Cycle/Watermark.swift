import CNodeABI
import NodeABI
import RealtimeCore

/// Watermarks: the frame position through which a stream is complete.
extension UnsafeMutablePointer where Pointee == Step {
  /// The watermark of an output: the lowest input watermark, less the frames that this node waits for.
  @inline(__always) @_noLocks @_noAllocation
  func complete(lookahead: Int64) -> Int64 {
    var complete = Int64.max
    for index in 0..<pointee.inputCount {
      let input = pointee.sources[index]!
      let mark = input.pointee.complete
      if mark == Int64.max { continue }
      if mark == Int64.min { return Int64.min }
      complete = min(complete, mark - (lookahead - input.pointee.format.pointee.lookahead))
    }
    return complete
  }
}

extension StepOutput {
  /// Reports a fresh node's progress to the control thread.
  @inline(__always) @_noLocks @_noAllocation
  func noteProgress(tokens: Int, complete: Int64) {
    guard let progress else { return }
    let isBegun = progress.pointee.start.load(ordering: .relaxed) != Int64.max
    if isStarted && !isBegun {
      progress.pointee.start.store(StreamTime(format).frame(beginTicks: origin), ordering: .relaxed)
    }
    progress.pointee.tokens.add(Int64(tokens), ordering: .relaxed)
    progress.pointee.complete.store(complete, ordering: .releasing)
  }
}

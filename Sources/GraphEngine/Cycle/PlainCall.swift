import CNodeABI
import CRealtime
import RealtimeCore

/// The short way through `runStep`, which most calls on the realtime thread take: the node has one input and one output,
/// and nothing begins, ends, was lost or has failed. Its results are those of `run`.
extension UnsafeMutablePointer where Pointee == Step {
  @inline(__always)
  var isPlain: Bool {
    @_noLocks @_noAllocation get {
      guard pointee.mayBePlain, let input = pointee.inputs[0] else { return false }
      return input.pointee.flags == 0 && input.pointee.complete != Int64.min && input.pointee.complete != Int64.max
        && pointee.outputs.pointee.isSteady && !pointee.state.hasFailed
    }
  }

  @inline(__always) @_noLocks @_noAllocation
  func runPlain() -> StepResult {
    let before = preparePlain()
    // `failure` is nil since the call that began the stretch: a node that sets it fails, and is not called again.
    let status = realtime_process(pointee.nodeClass, pointee.instance, pointee.cycle)
    pointee.state.countCall()
    if status == AUSCULT_OK && finishPlain() { return .ran }
    pointee.outputs.pointee.missingFrom = before
    fail()
    return .failed
  }

  /// Does what `readInputs` and `prepare` do.
  ///
  /// - Returns: the frame position through which the output was complete.
  @inline(__always) @_noLocks @_noAllocation
  private func preparePlain() -> Int64 {
    let (input, output) = (pointee.inputs.pointee.unsafelyUnwrapped, pointee.outputs)
    let block = output.pointee.block
    let (before, complete) = (block.complete, input.pointee.complete)
    block.count = 0
    block.flags = 0
    let lookahead = input.pointee.format.unsafelyUnwrapped.pointee.lookahead
    block.complete = complete &- (output.pointee.lookahead &- lookahead)
    block.end = input.pointee.end
    if pointee.state.inputWatermark < complete { pointee.state.inputWatermark = complete }
    return max(0, before)
  }

  /// Does what `finishOutputs` does. False: the node broke a rule.
  @inline(__always) @_noLocks @_noAllocation
  private func finishPlain() -> Bool {
    let output = pointee.outputs
    let count = output.pointee.block.count
    if count > output.pointee.block.capacity { return finishOutputs() }
    output.pointee.yielded &+= Int64(count)
    if output.pointee.isAudio { output.pointee.stampAudio(count) } else { output.pointee.stamp(count) }
    guard let marks = output.pointee.marks else { return true }
    if marks.pointee.isSame(output) {
      marks.pointee.giveSame(output, input: pointee.inputs.pointee.unsafelyUnwrapped)
    } else {
      passMarks()
    }
    return true
  }

  @inline(never) @_noLocks @_noAllocation
  private func passMarks() {
    pointee.outputs.pointee.marks?.pointee.pass(pointee.inputs, count: 1, to: pointee.outputs)
  }
}

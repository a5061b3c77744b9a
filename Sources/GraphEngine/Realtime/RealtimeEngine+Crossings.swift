import CNodeABI
import RealtimeCore

/// Links that leave the realtime thread: push or drop, never wait.
extension RealtimeEngine {
  @_noLocks @_noAllocation
  func pushCrossings(_ step: UnsafeMutablePointer<Step>) {
    for index in 0..<step.pointee.crossingCount {
      let entry = step.pointee.crossings[index]
      let block = UnsafePointer(step.pointee.outputs[entry.output].block)
      let node = entry.crossing.pointee.consumerNode
      switch pushOrDrop(block, entry.crossing) {
      case .pushed, .dropped: break
      case .droppedFirst:
        state.pointee.messages.push(RealtimeMessage(.dropBegan, node: node, first: entry.crossing.pointee.dropBegin))
      case .pushedBehindDrop(let tokens, let end):
        state.pointee.messages.push(RealtimeMessage(.dropEnded, node: node, first: end, second: tokens))
      }
    }
  }
}

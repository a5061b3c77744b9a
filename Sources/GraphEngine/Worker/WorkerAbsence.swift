import CNodeABI
import RealtimeCore

/// Stands in for a node whose call was taken away. The plugin may still write to the node's blocks; they stay unused.
struct WorkerAbsence {
  /// A block without tokens for each output.
  var blocks: [auscult_block]
  /// Frame position from which on each output's tokens are missing.
  var missingFrom: [Int64]
  /// Frame position through which its inputs are complete.
  var inputWatermark: Int64
  /// Rings that have received the gap.
  var gapSent: Set<UnsafeMutablePointer<LinkProducer>> = []
  /// Rings that have received the end.
  var endSent: Set<UnsafeMutablePointer<LinkProducer>> = []

  init(_ step: UnsafeMutablePointer<Step>) {
    let outputs = UnsafeBufferPointer(start: step.pointee.outputs, count: step.pointee.outputCount)
    blocks = outputs.map { output in
      var block = output.block.pointer.pointee
      block.count = 0
      block.flags = 0
      return block
    }
    missingFrom = outputs.map(\.missingFrom)
    inputWatermark = step.pointee.state.inputWatermark
  }
}

extension WorkerStep {
  /// Stands in for a call of the node: skips its inputs, and sends the nodes after it the gap and the watermark.
  func passOver() -> Attempt {
    for index in inputs.indices { inputs[index].pass() }
    if !inputs.isEmpty, inputs.allSatisfy(\.isOver) {
      noteFinished()
      return .idle
    }
    let known = inputs.map(\.complete).filter { $0 != Int64.max }
    let isEnd = known.isEmpty
    if let watermark = known.min() { absence!.inputWatermark = max(absence!.inputWatermark, watermark) }
    passTuning(known.min() ?? Int64.max)
    var hasSent = false
    for index in 0..<step.pointee.linkCount where send(step.pointee.links[index], isEnd: isEnd) {
      hasSent = true
    }
    if isEnd && absence!.endSent.count >= step.pointee.linkCount { noteEnd() }
    return hasSent ? .ran : .idle
  }

  private func passTuning(_ complete: Int64) {
    while let due = tuning?.nextPosition, complete > due { tuning!.pass() }
  }

  /// - Returns: whether there was more to send than the watermark.
  private func send(_ entry: StepLink, isEnd: Bool) -> Bool {
    let complete = isEnd ? Int64.max : complete(step.pointee.outputs[entry.output].lookahead)
    let isNew = !absence!.gapSent.contains(entry.producer)
    guard isNew || (isEnd && !absence!.endSent.contains(entry.producer)) else {
      if !isEnd, complete != Int64.min { entry.producer.pointee.ring.pointee.publish(complete: complete) }
      return false
    }
    var block = absence!.blocks[entry.output]
    let begin = absence!.missingFrom[entry.output]
    let isMissing = isNew || absence!.inputWatermark > begin
    block.flags = (isMissing ? AUSCULT_BLOCK_GAP : 0) | (isEnd ? AUSCULT_BLOCK_END : 0)
    block.gap = auscult_gap(
      begin: begin, end: max(begin, absence!.inputWatermark), cause: AUSCULT_GAP_NODE, count: 0, node: step.pointee.name
    )
    block.complete = complete
    withUnsafeMutablePointer(to: &block) { push(Block($0), entry.producer) }
    absence!.gapSent.insert(entry.producer)
    if isEnd { absence!.endSent.insert(entry.producer) }
    // Once the last ring of an output has received the gap, the next gap begins at its end.
    let others = (0..<step.pointee.linkCount).map { step.pointee.links[$0] }.filter {
      $0.output == entry.output
    }
    let isLast = others.allSatisfy { (isEnd ? absence!.endSent : absence!.gapSent).contains($0.producer) }
    if isLast { absence!.missingFrom[entry.output] = block.gap.end }
    return true
  }

  /// Watermark of an output that yields no more tokens.
  private func complete(_ lookahead: Int64) -> Int64 {
    var complete = Int64.max
    for input in inputs where input.complete != Int64.max {
      if input.complete == Int64.min { return Int64.min }
      let before = input.idle?.pointee.format.pointee.lookahead ?? lookahead
      complete = min(complete, input.complete - (lookahead - before))
    }
    return complete
  }
}

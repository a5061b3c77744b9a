import CNodeABI
import NodeABI

/// What is missing of a node's outputs while it has no process, for the gaps in their streams.
struct Losses {
  /// Seconds of the stream after which a gap is reported although it goes on.
  private static let longest: Int64 = 10

  /// Of an output, or of a sink as a whole.
  private struct Missing {
    /// Frame position through which everything was delivered; nil: nothing yet.
    var complete: Int64?
    /// What is lost and not yet reported.
    var from: Int64?
    var through: Int64 = 0
  }

  private var outputs: [Missing] = []
  private var tokens: UInt64 = 0
  /// Frames per second.
  var rate: Int64 = 48000

  /// Forgets everything: a stream begins.
  mutating func begin(outputs count: Int) {
    outputs = Array(repeating: Missing(), count: max(1, count))
    tokens = 0
  }

  /// A call was answered: puts what is missing before it into its blocks.
  mutating func noteGoodCall(_ cycle: UnsafeMutablePointer<auscult_cycle>, _ lost: (Int64, Int64, UInt64) -> Void) {
    let tokens = takeTokens()
    each(cycle) { missing, block, complete in
      if let from = missing.from { Self.report(from, missing.through, tokens, block, lost) }
      missing.from = nil
      missing.complete = complete
    }
  }

  /// Frame position through which the first output was delivered; nil: nothing was.
  var position: Int64? { outputs.first?.complete }

  /// Something is lost and not yet reported.
  var arePending: Bool {
    outputs.contains { missing in missing.from.map { missing.through > $0 } ?? false }
  }

  /// A call was lost. The gap is reported when it begins, and when it ends.
  ///
  /// - Parameter isLast: no call follows.
  mutating func noteLostCall(
    _ cycle: UnsafeMutablePointer<auscult_cycle>, isLast: Bool = false, _ lost: (Int64, Int64, UInt64) -> Void
  ) {
    for index in 0..<Int(cycle.pointee.input_count) { tokens += UInt64(cycle.pointee.inputs[index]!.pointee.count) }
    let (tokens, rate) = (tokens, rate)
    each(cycle) { missing, block, complete in
      let isFirst = missing.from == nil
      let from = missing.from ?? missing.complete ?? Self.begin(cycle) ?? complete
      missing.through = max(from, complete)
      missing.from = from
      let isEnd = (block?.pointee ?? cycle.pointee.inputs[0]!.pointee).flags & AUSCULT_BLOCK_END != 0
      guard isFirst && block != nil || isEnd || isLast || missing.through - from >= Self.longest * rate else { return }
      Self.report(from, missing.through, tokens, block, lost)
      missing.from = missing.through
      missing.complete = missing.through
    }
  }

  private mutating func each(
    _ cycle: UnsafeMutablePointer<auscult_cycle>,
    _ body: (inout Missing, UnsafeMutablePointer<auscult_block>?, Int64) -> Void
  ) {
    for index in outputs.indices {
      let isSink = cycle.pointee.output_count == 0
      guard !isSink || cycle.pointee.input_count > 0 else { return }
      let block = isSink ? nil : cycle.pointee.outputs[index]!
      let shown = block?.pointee ?? cycle.pointee.inputs[0]!.pointee
      let complete =
        shown.complete == .max ? (shown.end == .max ? outputs[index].complete ?? 0 : shown.end) : shown.complete
      body(&outputs[index], block, max(0, complete))
    }
  }

  /// Frame position where the first token of a call begins; nil: it has none.
  private static func begin(_ cycle: UnsafeMutablePointer<auscult_cycle>) -> Int64? {
    for index in 0..<Int(cycle.pointee.input_count) {
      let block = cycle.pointee.inputs[index]!.pointee
      if block.count > 0 { return block.time.begin(block.heads) }
    }
    return nil
  }

  private mutating func takeTokens() -> UInt64 {
    defer { tokens = 0 }
    return tokens
  }

  private static func report(
    _ from: Int64, _ through: Int64, _ tokens: UInt64, _ block: UnsafeMutablePointer<auscult_block>?,
    _ lost: (Int64, Int64, UInt64) -> Void
  ) {
    guard let block else {
      if through > from { lost(from, through, max(1, tokens)) }
      return
    }
    guard through > from || block.pointee.flags & AUSCULT_BLOCK_GAP != 0 else { return }
    var gap = auscult_gap(begin: from, end: through, cause: AUSCULT_GAP_NODE, count: 0, node: nil)
    if block.pointee.flags & AUSCULT_BLOCK_GAP != 0 {
      gap.begin = min(gap.begin, block.pointee.gap.begin)
      gap.end = max(gap.end, block.pointee.gap.end)
    }
    gap.node = block.pointee.producer?.pointee.node
    block.pointee.flags |= AUSCULT_BLOCK_GAP
    block.pointee.gap = gap
  }
}

import CNodeABI
import NodeKit

/// Which tokens wait for a file that can't be written, and what had to be let go of: runs of tokens that follow each other.
public struct WaitingTokens {
  private struct Run {
    var format: auscult_format
    /// Of the run's first token.
    var head: auscult_head
    var count: Int64

    func isFollowed(by other: auscult_head) -> Bool {
      head.origin == other.origin && head.segment == other.segment && head.index + count == other.index
    }
  }

  /// Tokens that were lost, and the driver frames that they lie in.
  public struct Loss: Equatable, Sendable {
    public var count: Int
    public var span: Span
  }

  private var runs: [Run] = []
  /// What was let go of since it was last told.
  private var lost: Loss?

  public init() {}

  /// The tokens of a block that now wait, too.
  public mutating func add(_ block: InputBlock, _ tokens: Range<Int>) {
    let format = block.pointer.pointee.format.pointee
    guard format.kind == AUSCULT_AUDIO else {
      for token in tokens { add(format, block.head(token).pointee, 1) }
      return
    }
    guard !tokens.isEmpty else { return }
    var head = block.head(0).pointee
    head.index += Int64(tokens.lowerBound)
    add(format, head, Int64(tokens.count))
  }

  private mutating func add(_ format: auscult_format, _ head: auscult_head, _ count: Int64) {
    if let last = runs.last, last.isFollowed(by: head) {
      runs[runs.count - 1].count += count
    } else {
      runs.append(Run(format: format, head: head, count: count))
    }
  }

  /// The oldest have been written.
  public mutating func written(_ count: Int) { remove(count) { _, _ in } }

  /// The oldest are lost.
  public mutating func letGo(_ count: Int) {
    var loss = lost
    remove(count) { run, count in
      let span = Span(run.format, run.head, count: count)
      loss = Loss(
        count: (loss?.count ?? 0) + Int(count),
        span: Span(begin: min(loss?.span.begin ?? span.begin, span.begin), end: max(loss?.span.end ?? 0, span.end)))
    }
    lost = loss
  }

  /// What was lost since the last call.
  public mutating func takeLoss() -> Loss? {
    defer { lost = nil }
    return lost
  }

  private mutating func remove(_ count: Int, _ body: (Run, Int64) -> Void) {
    var left = Int64(count)
    var gone = 0
    while left > 0, gone < runs.count {
      let taken = min(left, runs[gone].count)
      body(runs[gone], taken)
      left -= taken
      runs[gone].count -= taken
      runs[gone].head.index += taken
      if runs[gone].count == 0 { gone += 1 }
    }
    runs.removeFirst(gone)
  }
}

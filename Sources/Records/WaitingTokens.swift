import CNodeABI
import NodeKit

/// The tokens that wait for a file that can't be written, and the tokens dropped. Both as runs of consecutive tokens.
public struct WaitingTokens {
  private struct Run {
    var format: auscult_format
    /// Head of the run's first token.
    var head: auscult_head
    var count: Int64

    func isFollowed(by other: auscult_head) -> Bool {
      head.origin == other.origin && head.segment == other.segment && head.index + count == other.index
    }
  }

  /// Number of lost tokens, and the driver frames of their span.
  public struct Loss: Equatable, Sendable {
    public var count: Int
    public var span: Span

    public init(count: Int, span: Span) {
      self.count = count
      self.span = span
    }
  }

  private var runs: [Run] = []
  /// Tokens dropped since the last report.
  private var lost: Loss?

  public init() {}

  /// Adds a block's tokens to those that wait.
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

  /// Notes that the oldest tokens were written.
  public mutating func written(_ count: Int) { remove(count) { _, _ in } }

  /// Drops the oldest tokens.
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

  /// The tokens lost since the last call.
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

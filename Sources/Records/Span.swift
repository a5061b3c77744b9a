import CNodeABI
import NodeABI

/// The half-open range of driver frame positions that a token's nominal content covers.
public struct Span: Sendable, Hashable {
  public var begin: Int64
  public var end: Int64

  public init(begin: Int64, end: Int64) {
    self.begin = begin
    self.end = end
  }

  /// The span of `count` tokens (audio: samples) from the one at `head`. Begin is rounded down, end is rounded up.
  ///
  /// A centred column may begin before the stream, or before the end of a gap; the begin is clamped to the segment.
  public init(_ format: auscult_format, _ head: auscult_head, count: Int64 = 1) {
    self = withUnsafePointer(to: format) { format in
      withUnsafePointer(to: head) { head in
        let time = StreamTime(format)
        let begin = time.begin(head)
        return Span(begin: begin, end: max(time.end(head, count - 1), begin))
      }
    }
  }
}

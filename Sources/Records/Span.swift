import CNodeABI

/// The half-open range of driver frame positions that a token's nominal content covers.
public struct Span: Sendable, Hashable {
  public var begin: Int64
  public var end: Int64

  public init(begin: Int64, end: Int64) {
    self.begin = begin
    self.end = end
  }

  /// The span of `count` tokens (audio: samples) from the one at `head` on: its ticks, begin rounded down and end up.
  ///
  /// A centred column may begin before the stream, or before the end of a gap; the begin is clamped to the segment.
  public init(_ format: auscult_format, _ head: auscult_head, count: Int64 = 1) {
    let first = head.origin + format.offset + head.index * format.period
    let last = first + (count - 1) * format.period + format.extent
    begin = max(floorDivide(first, format.denominator), head.segment, 0)
    end = max(ceilingDivide(last, format.denominator), begin)
  }
}

/// `numerator / denominator` rounded down; the denominator is positive.
public func floorDivide(_ numerator: Int64, _ denominator: Int64) -> Int64 {
  let (quotient, remainder) = numerator.quotientAndRemainder(dividingBy: denominator)
  return remainder < 0 ? quotient - 1 : quotient
}

/// `numerator / denominator` rounded up; the denominator is positive.
public func ceilingDivide(_ numerator: Int64, _ denominator: Int64) -> Int64 {
  let (quotient, remainder) = numerator.quotientAndRemainder(dividingBy: denominator)
  return remainder > 0 ? quotient + 1 : quotient
}

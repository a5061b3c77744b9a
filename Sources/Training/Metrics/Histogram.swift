import JSONText

/// Counts of scores in bins of equal width.
public struct Histogram: Sendable {
  public let low: Double
  public let high: Double
  public private(set) var counts: [Int]

  public init(_ values: [Double], bins: Int = 64, range: ClosedRange<Double>? = nil) {
    low = range?.lowerBound ?? values.min() ?? 0
    let top = range?.upperBound ?? values.max() ?? 1
    high = top > low ? top : low + 1
    counts = [Int](repeating: 0, count: bins)
    for value in values where value >= low && value <= high {
      counts[min(bins - 1, Int((value - low) / (high - low) * Double(bins)))] += 1
    }
  }

  public var width: Double { (high - low) / Double(counts.count) }

  public var json: JSONValue {
    ["low": .number(low), "high": .number(high), "counts": .array(counts.map { .integer(Int64($0)) })]
  }
}

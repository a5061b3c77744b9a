/// How the median of a machine's scores has moved.
public struct Drift: Sendable, Equatable {
  public enum Verdict: String, Sendable {
    /// Too few days.
    case unknown
    case steady, rising, falling
    /// The median lies above the threshold.
    case beyond
  }

  public var verdict: Verdict
  /// From the first to the last day.
  public var days: Int
  /// The fitted line's value on the first and the last day.
  public var from: Double
  public var to: Double
  public var threshold: Double?

  /// The change as a share of the distance between the first median and the threshold; nil: there is no threshold above.
  public var share: Double? {
    guard let threshold, threshold > from else { return nil }
    return (to - from) / (threshold - from)
  }

  /// Days until the line reaches the threshold; nil: it does not rise to it.
  public var daysLeft: Double? {
    guard verdict == .rising, let threshold, to < threshold, to > from, days > 0 else { return nil }
    return (threshold - to) / ((to - from) / Double(days))
  }

  /// Fewer days say nothing about a direction.
  public static let leastDays = 4
  /// A smaller share of the distance to the threshold is no drift.
  private static let leastShare = 0.05

  /// A line through the daily medians by the median of all slopes (Theil and Sen). It is a drift if the days also differ
  /// from chance by the test of Mann and Kendall (z above 1.64).
  public init(_ trend: MachineTrend) {
    let days = trend.days
    let numbers = days.map { Double($0.number) }
    let medians = days.map(\.median)
    threshold = days.last?.threshold
    self.days = (days.last?.number ?? 0) - (days.first?.number ?? 0)
    let slope = Self.slope(numbers, medians)
    let level = Self.median(zip(numbers, medians).map { $1 - slope * ($0 - (numbers.first ?? 0)) }) ?? 0
    from = level
    to = level + slope * Double(self.days)
    verdict = .unknown
    guard days.count >= Self.leastDays else { return }
    verdict = .steady
    if let threshold, to > threshold { verdict = .beyond }
    guard verdict == .steady, Self.significance(medians) > 1.64 else { return }
    let size = share.map { abs($0) } ?? abs(to - from) / max(abs(from), .leastNormalMagnitude)
    if size >= Self.leastShare { verdict = slope > 0 ? .rising : .falling }
  }

  private static func slope(_ x: [Double], _ y: [Double]) -> Double {
    // All pairs of a year are 66,000; of more days, every second or third day is enough.
    let step = max(1, x.count / 400)
    let places = Array(stride(from: 0, to: x.count, by: step))
    var slopes: [Double] = []
    for (index, i) in places.enumerated() {
      for j in places[(index + 1)...] where x[j] > x[i] { slopes.append((y[j] - y[i]) / (x[j] - x[i])) }
    }
    return median(slopes) ?? 0
  }

  private static func significance(_ values: [Double]) -> Double {
    var sum = 0
    for (index, value) in values.enumerated() {
      for other in values[(index + 1)...] { sum += other > value ? 1 : other < value ? -1 : 0 }
    }
    let n = Double(values.count)
    let deviation = (n * (n - 1) * (2 * n + 5) / 18).squareRoot()
    return deviation > 0 ? max(0, Double(abs(sum)) - 1) / deviation : 0
  }

  private static func median(_ values: [Double]) -> Double? {
    guard !values.isEmpty else { return nil }
    let sorted = values.sorted()
    let middle = sorted.count / 2
    return sorted.count % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
  }
}

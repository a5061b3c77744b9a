import Database
import Glibc

/// The scores of one machine over days, from the table `trend`.
public struct MachineTrend: Sendable {
  /// A day, its score quantiles and its threshold.
  public struct Day: Sendable {
    public var day: String
    /// Days since the Unix epoch.
    public var number: Int
    public var count: Int
    public var low: Double
    public var median: Double
    public var high: Double
    public var threshold: Double?
  }

  public var machine: String
  public var node: String
  /// Hash of the model; nil: the detector has none.
  public var model: String?
  /// In order; days without sound are left out.
  public var days: [Day] = []
  /// Day of the last score by another model, which these scores can't be compared with.
  public var modelSince: String?

  /// Shares of the quantiles.
  public static let shares = (low: 0.05, high: 0.95)
}

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

extension HistoryReader {
  /// The trend of each machine and node, with its latest model.
  ///
  /// - Parameter filter: machines and time.
  public func trends(_ filter: HistoryFilter) throws(DatabaseProblem) -> [MachineTrend] {
    let statement = try connection.statement(
      """
      SELECT machine, node, model, day, count, threshold, digest FROM trend WHERE day >= ? AND day < ?
      ORDER BY machine, node, day
      """)
    statement.bind(1, HistoryTime.day(filter.begin))
    statement.bind(2, filter.end)
    var trends: [MachineTrend] = []
    while try statement.next() {
      let machine = statement.text(0) ?? ""
      guard filter.machines.isEmpty || filter.machines.contains(machine) else { continue }
      guard let digest = QuantileDigest(bytes: statement.bytes(6)), let day = Self.day(statement, digest) else {
        continue
      }
      let model = statement.text(2).flatMap { $0.isEmpty ? nil : $0 }
      let node = statement.text(1) ?? ""
      if trends.last?.machine != machine || trends.last?.node != node {
        trends.append(MachineTrend(machine: machine, node: node, model: model))
      }
      trends[trends.count - 1].add(day, model)
    }
    return trends
  }

  private static func day(_ statement: Statement, _ digest: QuantileDigest) -> MachineTrend.Day? {
    let shares = MachineTrend.shares
    guard let text = statement.text(3), let time = HistoryTime.nanoseconds(text),
      let low = digest.quantile(shares.low), let median = digest.quantile(0.5),
      let high = digest.quantile(shares.high)
    else { return nil }
    return MachineTrend.Day(
      day: text, number: Int(time / 86_400_000_000_000), count: digest.count, low: low, median: median, high: high,
      threshold: statement.number(5))
  }
}

extension MachineTrend {
  /// Days come in order. A new model begins a new series; on a day with two models the larger part counts.
  fileprivate mutating func add(_ day: Day, _ model: String?) {
    if model != self.model {
      if let last = days.last, last.day == day.day, last.count > day.count { return }
      modelSince = days.last?.day
      days = []
      self.model = model
    }
    days.append(day)
  }
}

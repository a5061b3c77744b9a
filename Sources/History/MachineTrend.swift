import Database

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
    statement.bindAll(HistoryTime.day(filter.begin), filter.end)
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

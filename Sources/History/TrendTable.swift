import Database

/// The table `trend`: a digest of the scores of each day, by machine, node and model. It outlives the scores.
struct TrendTable {
  private struct Key: Hashable {
    var machine: String
    var node: String
    var model: String
    var day: String
  }

  private struct Day {
    var digest: QuantileDigest
    var threshold: Double?
    var isChanged = false
  }

  /// The most digests in memory. They are a few kilobytes each.
  private static let most = 2000
  private var days: [Key: Day] = [:]

  /// Adds a score, unless its sound is silent, clipped or follows a gap.
  mutating func add(_ row: HistoryRow, _ time: String, _ connection: Connection) throws(DatabaseProblem) {
    guard let score = row.score, !time.isEmpty, row.isPlain else { return }
    let key = Key(
      machine: row.machine ?? "", node: row.node, model: row.model ?? "", day: HistoryTime.day(time))
    if days[key] == nil { days[key] = try read(key, connection) }
    days[key]!.digest.add(score)
    days[key]!.threshold = row.threshold ?? days[key]!.threshold
    days[key]!.isChanged = true
  }

  private func read(_ key: Key, _ connection: Connection) throws(DatabaseProblem) -> Day {
    let sql = "SELECT digest, threshold FROM trend WHERE machine = ? AND node = ? AND model = ? AND day = ?"
    let day = try connection.first(sql, key.machine, key.node, key.model, key.day) { row in
      QuantileDigest(bytes: row.bytes(0)).map { Day(digest: $0, threshold: row.number(1)) }
    }
    return day ?? Day(digest: QuantileDigest())
  }

  mutating func write(to connection: Connection) throws(DatabaseProblem) {
    let statement = try connection.statement(
      """
      INSERT OR REPLACE INTO trend (machine, node, model, day, count, threshold, digest) VALUES (?, ?, ?, ?, ?, ?, ?)
      """)
    for (key, day) in days where day.isChanged {
      try statement.run(
        key.machine, key.node, key.model, key.day, Int64(day.digest.count), day.threshold, day.digest.bytes)
      days[key]!.isChanged = false
    }
    if days.count > Self.most { days = [:] } else { dropOld() }
  }

  /// Days before the latest ones are over.
  private mutating func dropOld() {
    guard days.count > 64, let last = days.keys.map(\.day).max() else { return }
    days = days.filter { $0.key.day == last }
  }
}

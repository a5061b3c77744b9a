import Database

/// The table `minutes`: the worst score of each minute, by machine and node. It answers questions about months without
/// reading millions of scores. Sound that is silent does not count.
struct MinuteTable {
  private struct Key: Hashable {
    var machine: String
    var minute: String
    var node: String
  }

  private struct Minute {
    var score: Double
    var threshold: Double?
    var count: Int64 = 1
    var anomalous: Int64
  }

  /// Of the current batch.
  private var minutes: [Key: Minute] = [:]

  mutating func add(_ row: HistoryRow, _ time: String) {
    guard let score = row.score, !time.isEmpty, !row.flags.hasPrefix("silent") else { return }
    let key = Key(machine: row.machine ?? "", minute: HistoryTime.minute(time), node: row.node)
    let new = Minute(score: score, threshold: row.threshold, anomalous: row.isAnomalous ? 1 : 0)
    guard let old = minutes[key] else {
      minutes[key] = new
      return
    }
    minutes[key] = Minute(
      score: max(old.score, score), threshold: row.threshold ?? old.threshold, count: old.count + 1,
      anomalous: old.anomalous + new.anomalous)
  }

  mutating func write(to connection: Connection) throws(DatabaseProblem) {
    defer { minutes.removeAll(keepingCapacity: true) }
    let statement = try connection.statement(
      """
      INSERT INTO minutes (machine, time, node, score, threshold, count, anomalous) VALUES (?, ?, ?, ?, ?, ?, ?)
      ON CONFLICT DO UPDATE SET score = max(score, excluded.score), threshold = ifnull(excluded.threshold, threshold),
      count = count + excluded.count, anomalous = anomalous + excluded.anomalous
      """)
    for (key, minute) in minutes {
      try statement.run(
        key.machine, key.minute, key.node, minute.score, minute.threshold, minute.count, minute.anomalous)
    }
  }
}

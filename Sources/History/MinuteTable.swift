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
      ON CONFLICT DO UPDATE SET score = max(score, excluded.score), threshold = excluded.threshold,
      count = count + excluded.count, anomalous = anomalous + excluded.anomalous
      """)
    for (key, minute) in minutes {
      statement.bind(1, key.machine)
      statement.bind(2, key.minute)
      statement.bind(3, key.node)
      statement.bind(4, minute.score)
      statement.bind(5, minute.threshold)
      statement.bind(6, minute.count)
      statement.bind(7, minute.anomalous)
      try statement.run()
    }
  }
}

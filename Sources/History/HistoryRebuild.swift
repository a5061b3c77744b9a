import Database

/// Removes a run, and makes the minutes and the trend of its days again from the scores that are left.
struct HistoryRebuild {
  private struct Day: Hashable {
    var machine: String
    var day: String
  }

  private let connection: Connection

  init(_ connection: Connection) { self.connection = connection }

  /// Within a transaction.
  func remove(run: Int64) throws(DatabaseProblem) {
    let days = try days(of: run)
    for table in ["scores", "events", "gaps", "clips", "runs"] {
      try connection.run("DELETE FROM \(table) WHERE run = ?", run)
    }
    for day in days { try rebuild(day) }
  }

  private func days(of run: Int64) throws(DatabaseProblem) -> Set<Day> {
    let statement = try connection.statement(
      "SELECT DISTINCT machine, substr(time, 1, 10) FROM scores WHERE run = ? AND time > ''")
    statement.bind(1, run)
    var days: Set<Day> = []
    while try statement.next() { days.insert(Day(machine: statement.text(0) ?? "", day: statement.text(1) ?? "")) }
    return days
  }

  private func rebuild(_ day: Day) throws(DatabaseProblem) {
    // After every digit, `T` and `-`.
    let end = day.day + "~"
    try connection.run("DELETE FROM minutes WHERE machine = ? AND time >= ? AND time < ?", day.machine, day.day, end)
    try connection.run("DELETE FROM trend WHERE machine = ? AND day >= ? AND day < ?", day.machine, day.day, end)
    let scores = try connection.statement(
      """
      SELECT time, node, score, threshold, anomalous, flags, hash FROM scores LEFT JOIN models USING (model)
      WHERE machine = ? AND time >= ? AND time < ? ORDER BY time
      """)
    scores.bindAll(day.machine, day.day, end)
    var (minutes, trend) = (MinuteTable(), TrendTable())
    while try scores.next() {
      var row = HistoryRow(kind: "score")
      row.machine = day.machine
      row.node = scores.text(1) ?? ""
      row.score = scores.number(2)
      row.threshold = scores.number(3)
      row.isAnomalous = scores.integer(4) == 1
      row.flags = scores.text(5) ?? ""
      row.model = scores.text(6)
      row.isPlain = row.flags.isEmpty
      let time = scores.text(0) ?? ""
      minutes.add(row, time)
      try trend.add(row, time, connection)
    }
    try minutes.write(to: connection)
    try trend.write(to: connection)
  }
}

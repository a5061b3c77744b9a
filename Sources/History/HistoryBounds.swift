import Database

/// Deletes the oldest rows, a bounded number at a time.
///
/// Age counts from the latest row, so that old recordings that are imported stay. Beyond `limit`, scores, minutes and
/// gaps go before events; the trend stays, bounded by ten years.
struct HistoryBounds {
  private let limits: HistoryLimits
  private var latest: Int64
  private let pageSize: Int64
  /// Transactions since the ages were looked at.
  private var since = Int.max / 2

  /// The most rows of one table that are deleted at a time, beside twice the rows that were added.
  private static let chunk = 2000
  private static let trendDays: Int64 = 3653
  private static let day: Int64 = 86_400_000_000_000
  private static let hour: Int64 = 3_600_000_000_000

  init(_ limits: HistoryLimits, _ connection: Connection) throws(DatabaseProblem) {
    self.limits = limits
    pageSize = try connection.integer("PRAGMA page_size") ?? 4096
    if let limit = limits.limit {
      let pages = Int64(min(HistoryLimits.log, limit / 2) / 2) / pageSize
      try connection.execute("PRAGMA wal_autocheckpoint = \(max(16, min(1000, pages)))")
    }
    latest = .min
    for sql in [
      "SELECT max(ended) FROM runs WHERE source = 'live'", "SELECT max(time) FROM events", "SELECT max(day) FROM trend",
    ] {
      if let time = try connection.first(sql, read: { $0.text(0).flatMap { HistoryTime.nanoseconds($0) } }) {
        latest = max(latest, min(time, HistoryTime.now + Self.day))
      }
    }
  }

  /// A clock that is far ahead must not delete everything.
  mutating func note(_ rows: [HistoryRow]) {
    for row in rows { if let time = row.time { latest = max(latest, min(time, HistoryTime.now + Self.day)) } }
  }

  mutating func trim(_ connection: Connection, added: Int) throws(DatabaseProblem) {
    let most = Self.chunk + 2 * added
    since += 1
    if since >= 10, latest > .min {
      let isDone = try trimAge(connection, most)
      if isDone { since = 0 }
    }
    if let bytes = limits.bytes { try trimSize(connection, Int64(bytes), most) }
  }

  // MARK: Age

  /// - Returns: whether nothing old is left.
  private func trimAge(_ connection: Connection, _ most: Int) throws(DatabaseProblem) -> Bool {
    var isDone = true
    let trendEnd = HistoryTime.day(HistoryTime.text(before(Double(Self.trendDays) * 86400)))
    guard let keep = limits.keep else {
      try connection.run(Self.removeTrend, trendEnd)
      return true
    }
    let end = HistoryTime.text(before(keep))
    try connection.transaction { () throws(DatabaseProblem) in
      for table in HistorySchema.aging {
        if try remove(connection, table, before: end, most).isMore { isDone = false }
      }
    }
    try connection.run(Self.removeTrend, trendEnd)
    return isDone
  }

  private static let removeTrend = "DELETE FROM trend WHERE day < ?"

  /// The time so many seconds before the latest row, or the earliest time that there is.
  private func before(_ seconds: Double) -> Int64 {
    let (time, isTooFar) = latest.subtractingReportingOverflow(Int64(min(seconds * 1e9, 9e18)))
    return isTooFar ? .min : time
  }

  // MARK: Size

  private func trimSize(_ connection: Connection, _ bytes: Int64, _ most: Int) throws(DatabaseProblem) {
    var left = most
    // A little below the limit, so that what comes next finds free pages. One batch may hold more than an hour.
    while left > 0, try used(connection) > bytes / 50 * 49 {
      var removed = 0
      try connection.transaction { () throws(DatabaseProblem) in removed = try removeOldest(connection, left) }
      guard removed > 0 else { break }
      left -= removed
    }
    let pages = try connection.integer("PRAGMA page_count") ?? 0
    let unused = try connection.integer("PRAGMA freelist_count") ?? 0
    if pages * pageSize > bytes, unused > 0 {
      try connection.execute("PRAGMA incremental_vacuum(\(min(unused, 1000)))")
    }
  }

  /// Bytes of the pages that hold something.
  private func used(_ connection: Connection) throws(DatabaseProblem) -> Int64 {
    let free = try connection.integer("PRAGMA freelist_count") ?? 0
    return ((try connection.integer("PRAGMA page_count") ?? 0) - free) * pageSize
  }

  /// The oldest hour of what is there; events only if there is nothing else.
  ///
  /// - Returns: the number of rows.
  private func removeOldest(_ connection: Connection, _ most: Int) throws(DatabaseProblem) -> Int {
    for tables in [["scores", "minutes", "gaps"], ["clips", "events"]] {
      var oldest: String?
      for table in tables {
        guard let time = try first(connection, table) else { continue }
        oldest = min(oldest ?? time, time)
      }
      guard let oldest else { continue }
      // Rows of unknown time, which no age has, go first.
      let end = HistoryTime.nanoseconds(oldest).map { HistoryTime.text(min($0, .max - Self.hour) + Self.hour) } ?? "0"
      var count = 0
      for table in tables { count += try remove(connection, table, before: end, most, withUnknown: true).count }
      return count
    }
    return 0
  }

  private func first(_ connection: Connection, _ table: String) throws(DatabaseProblem) -> String? {
    let sql = "SELECT min(time) FROM \(table)"
    guard Self.keys[table] != nil else { return try connection.first(sql) { $0.text(0) } }
    var oldest: String?
    for machine in try HistoryReader.machines(connection, table) {
      let time = try connection.first(sql + " WHERE machine = ?", machine) { $0.text(0) }
      if let time { oldest = min(oldest ?? time, time) }
    }
    return oldest
  }

  // MARK: Rows

  /// Deletes at most so many rows of a table whose time lies before `end`.
  ///
  /// - Returns: how many, and whether there may be more.
  private func remove(
    _ connection: Connection, _ table: String, before end: String, _ most: Int, withUnknown: Bool = false
  ) throws(DatabaseProblem) -> (count: Int, isMore: Bool) {
    let begin = withUnknown ? ">=" : ">"
    guard let key = Self.keys[table] else {
      try connection.run(
        """
        DELETE FROM \(table) WHERE rowid IN
        (SELECT rowid FROM \(table) WHERE time \(begin) '' AND time < ? ORDER BY time LIMIT ?)
        """, end, Int64(most))
      return (connection.changes, connection.changes >= most)
    }
    var (count, isMore) = (0, false)
    for machine in try HistoryReader.machines(connection, table) {
      try connection.run(
        """
        DELETE FROM \(table) WHERE (\(key)) IN
        (SELECT \(key) FROM \(table) WHERE machine = ? AND time \(begin) '' AND time < ? ORDER BY time LIMIT ?)
        """, machine, end, Int64(most))
      count += connection.changes
      if connection.changes >= most { isMore = true }
    }
    return (count, isMore)
  }

  /// Keys of the tables that have no row numbers; they begin with the machine.
  private static let keys = [
    "scores": #"machine, time, run, node, file, "begin""#, "minutes": "machine, time, node",
  ]
}

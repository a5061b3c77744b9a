import Database

/// How much of a history to keep.
public struct HistoryLimits: Sendable, Equatable {
  /// Age of the oldest row, in seconds; nil: any.
  public var keep: Double?
  /// Bytes of the database with the files beside it; nil: any.
  public var limit: Int?

  /// SQLite's log beside the database takes up to this much, and half of a small limit.
  static let log = 8 << 20
  /// A smaller database has no room for its tables.
  public static let least = 1 << 20

  public init(keep: Double? = nil, limit: Int? = nil) {
    self.keep = keep
    self.limit = limit
  }

  /// Bytes that the database itself may take.
  var bytes: Int? { limit.map { $0 - min(Self.log, $0 / 2) } }
}

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
      let statement = try connection.statement(sql)
      defer { statement.reset() }
      if try statement.next(), let time = statement.text(0).flatMap({ HistoryTime.nanoseconds($0) }) {
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
      try removeTrend(connection, before: trendEnd)
      return true
    }
    let end = HistoryTime.text(before(keep))
    try connection.transaction { () throws(DatabaseProblem) in
      for table in HistorySchema.aging {
        if try remove(connection, table, before: end, most) { isDone = false }
      }
    }
    try removeTrend(connection, before: trendEnd)
    return isDone
  }

  /// The time so many seconds before the latest row, or the earliest time that there is.
  private func before(_ seconds: Double) -> Int64 {
    let (time, isTooFar) = latest.subtractingReportingOverflow(Int64(min(seconds * 1e9, 9e18)))
    return isTooFar ? .min : time
  }

  private func removeTrend(_ connection: Connection, before day: String) throws(DatabaseProblem) {
    let statement = try connection.statement("DELETE FROM trend WHERE day < ?")
    statement.bind(1, day)
    try statement.run()
  }

  // MARK: Size

  private func trimSize(_ connection: Connection, _ bytes: Int64, _ most: Int) throws(DatabaseProblem) {
    let free = try connection.integer("PRAGMA freelist_count") ?? 0
    let pages = try connection.integer("PRAGMA page_count") ?? 0
    // A little below the limit, so that what comes next finds free pages.
    if (pages - free) * pageSize > bytes / 50 * 49 {
      try connection.transaction { () throws(DatabaseProblem) in try removeOldest(connection, most) }
    }
    let unused = try connection.integer("PRAGMA freelist_count") ?? 0
    if pages * pageSize > bytes, unused > 0 {
      try connection.execute("PRAGMA incremental_vacuum(\(min(unused, 1000)))")
    }
  }

  /// The oldest hour of what is there; events only if there is nothing else.
  private func removeOldest(_ connection: Connection, _ most: Int) throws(DatabaseProblem) {
    for tables in [["scores", "minutes", "gaps"], ["clips", "events"]] {
      var oldest: String?
      for table in tables {
        guard let time = try first(connection, table) else { continue }
        oldest = min(oldest ?? time, time)
      }
      guard let oldest else { continue }
      // Rows of unknown time, which no age has, go first.
      let end = HistoryTime.nanoseconds(oldest).map { HistoryTime.text(min($0, .max - Self.hour) + Self.hour) } ?? "0"
      for table in tables { try remove(connection, table, before: end, most, withUnknown: true) }
      return
    }
  }

  private func first(_ connection: Connection, _ table: String) throws(DatabaseProblem) -> String? {
    guard table == "scores" || table == "minutes" else { return try text(connection, "SELECT min(time) FROM \(table)") }
    var oldest: String?
    for machine in try machines(connection, table) {
      let statement = try connection.statement("SELECT min(time) FROM \(table) WHERE machine = ?")
      statement.bind(1, machine)
      defer { statement.reset() }
      if try statement.next(), let time = statement.text(0) { oldest = min(oldest ?? time, time) }
    }
    return oldest
  }

  private func text(_ connection: Connection, _ sql: String) throws(DatabaseProblem) -> String? {
    let statement = try connection.statement(sql)
    defer { statement.reset() }
    return try statement.next() ? statement.text(0) : nil
  }

  private func machines(_ connection: Connection, _ table: String) throws(DatabaseProblem) -> [String] {
    try HistoryReader.machines(connection, table)
  }

  // MARK: Rows

  /// Deletes at most so many rows of a table whose time lies before `end`.
  ///
  /// - Returns: whether there may be more.
  @discardableResult
  private func remove(
    _ connection: Connection, _ table: String, before end: String, _ most: Int, withUnknown: Bool = false
  ) throws(DatabaseProblem) -> Bool {
    let begin = withUnknown ? ">=" : ">"
    guard let key = Self.keys[table] else {
      let statement = try connection.statement(
        """
        DELETE FROM \(table) WHERE rowid IN
        (SELECT rowid FROM \(table) WHERE time \(begin) '' AND time < ? ORDER BY time LIMIT ?)
        """)
      statement.bind(1, end)
      statement.bind(2, Int64(most))
      try statement.run()
      return connection.changes >= most
    }
    var isMore = false
    for machine in try machines(connection, table) {
      let statement = try connection.statement(
        """
        DELETE FROM \(table) WHERE (\(key)) IN
        (SELECT \(key) FROM \(table) WHERE machine = ? AND time \(begin) '' AND time < ? ORDER BY time LIMIT ?)
        """)
      statement.bind(1, machine)
      statement.bind(2, end)
      statement.bind(3, Int64(most))
      try statement.run()
      if connection.changes >= most { isMore = true }
    }
    return isMore
  }

  /// Keys of the tables that have no row numbers.
  private static let keys = [
    "scores": #"machine, time, run, node, file, "begin""#, "minutes": "machine, time, node",
  ]
}

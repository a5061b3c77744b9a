import Database
import Records

/// Writes rows into a history, one batch in one transaction.
///
/// Thread: any, one at a time.
public final class HistoryWriter {
  /// The part of a run that its rows do not say.
  public struct Run: Sendable, Hashable {
    /// The sink.
    public var node: String
    /// `live`, `files`, or the path of an imported file.
    public var source: String
    /// Nanoseconds since the Unix epoch at which a live run began, or the sink was opened.
    public var began: Int64

    public init(node: String, source: String, began: Int64) {
      (self.node, self.source, self.began) = (node, source, began)
    }
  }

  private struct RunKey: Hashable {
    var run: Run
    var graph: String
  }

  let connection: Connection
  private var runs: [RunKey: Int64] = [:]
  private var models: [String: Int64] = [:]
  private var thinning: ScoreThinning?
  private var minutes = MinuteTable()
  private var trend = TrendTable()
  private var bounds: HistoryBounds

  /// - Parameters:
  ///   - connection: open for writing.
  ///   - every: keeps the worst score of so many seconds; nil: all scores.
  public init(_ connection: Connection, every: Double? = nil, bounds: HistoryLimits = HistoryLimits())
    throws(DatabaseProblem)
  {
    self.connection = connection
    try HistorySchema.prepare(connection)
    try HistorySchema.tune(connection)
    thinning = every.map { ScoreThinning(seconds: $0) }
    self.bounds = try HistoryBounds(bounds, connection)
  }

  /// Writes all rows, or none. Then deletes old rows beyond the limits, at most a few thousand of each table.
  public func write(_ rows: [HistoryRow], of run: Run) throws(DatabaseProblem) {
    guard !rows.isEmpty else { return }
    do throws(DatabaseProblem) {
      try connection.transaction { () throws(DatabaseProblem) in
        for row in rows { try put(row, run) }
        try minutes.write(to: connection)
        try trend.write(to: connection)
        try end(run, rows)
      }
    } catch {
      forget()
      throw error
    }
    bounds.note(rows)
    // The rows are written. What could not be deleted now is deleted with the next ones.
    try? bounds.trim(connection, added: rows.count)
  }

  /// Removes the rows of an imported file. The minutes and the trend of its days are made again from what is left.
  func remove(source: String) throws(DatabaseProblem) {
    let find = try connection.statement("SELECT run FROM runs WHERE source = ?")
    find.bind(1, source)
    var numbers: [Int64] = []
    while try find.next() { numbers.append(find.integer(0) ?? 0) }
    guard !numbers.isEmpty else { return }
    defer { forget() }
    try connection.transaction { () throws(DatabaseProblem) in
      for number in numbers {
        try HistoryRebuild(connection).remove(run: number)
      }
    }
  }

  /// What is known of the database no longer holds after a transaction that failed.
  private func forget() {
    runs = [:]
    models = [:]
    thinning?.forget()
    minutes = MinuteTable()
    trend = TrendTable()
  }

  private func put(_ row: HistoryRow, _ run: Run) throws(DatabaseProblem) {
    let number = try number(of: run, row)
    switch row.kind {
    case "score": try put(score: row, number)
    case "gap": try put(gap: row, number)
    case "clip": try put(clip: row, number)
    default: try put(event: row, number)
    }
  }

  // MARK: Runs

  private func number(of run: Run, _ row: HistoryRow) throws(DatabaseProblem) -> Int64 {
    let key = RunKey(run: run, graph: row.graph)
    if let known = runs[key] { return known }
    let find = try connection.statement(
      "SELECT run FROM runs WHERE graph = ? AND node = ? AND source = ? AND began = ?")
    bind(find, key)
    defer { find.reset() }
    var number = try find.next() ? find.integer(0) : nil
    if number == nil {
      let begin = try connection.statement(
        "INSERT INTO runs (graph, node, source, began, rate, started, ended) VALUES (?, ?, ?, ?, ?, ?, ?)")
      bind(begin, key)
      begin.bind(5, Int64(row.rate))
      begin.bind(6, HistoryTime.text(run.began))
      begin.bind(7, HistoryTime.text(run.began))
      try begin.run()
      number = connection.lastKey
    }
    runs[key] = number
    return number!
  }

  private func bind(_ statement: Statement, _ key: RunKey) {
    statement.bind(1, key.graph)
    statement.bind(2, key.run.node)
    statement.bind(3, key.run.source)
    statement.bind(4, key.run.began)
  }

  /// A hash is long, and every score has it.
  private func number(ofModel hash: String) throws(DatabaseProblem) -> Int64 {
    if let known = models[hash] { return known }
    let begin = try connection.statement("INSERT OR IGNORE INTO models (hash) VALUES (?)")
    begin.bind(1, hash)
    try begin.run()
    let find = try connection.statement("SELECT model FROM models WHERE hash = ?")
    find.bind(1, hash)
    defer { find.reset() }
    let number = try find.next() ? find.integer(0) : nil
    if models.count > 1000 { models = [:] }
    models[hash] = number
    return number ?? 0
  }

  /// The time of the latest row of each run.
  private func end(_ run: Run, _ rows: [HistoryRow]) throws(DatabaseProblem) {
    var latest: [String: Int64] = [:]
    for row in rows { latest[row.graph] = max(latest[row.graph] ?? .min, row.time ?? .min) }
    let statement = try connection.statement("UPDATE runs SET ended = max(ended, ?) WHERE run = ?")
    for (graph, time) in latest where time != .min {
      guard let number = runs[RunKey(run: run, graph: graph)] else { continue }
      statement.bind(1, HistoryTime.text(time))
      statement.bind(2, number)
      try statement.run()
    }
  }

  // MARK: Rows

  private func put(score row: HistoryRow, _ run: Int64) throws(DatabaseProblem) {
    let time = HistoryTime.text(row.time)
    minutes.add(row, time)
    try trend.add(row, time, connection)
    if var thinning {
      defer { self.thinning = thinning }
      switch thinning.take(row) {
      case .skip: return
      case .replace(let old): try remove(score: old, run)
      case .keep: break
      }
    }
    let statement = try connection.statement(
      """
      INSERT OR REPLACE INTO scores (machine, time, run, node, file, "begin", "end", score, threshold, anomalous, flags,
      generation, class, model) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
      """)
    bindKey(statement, row, run)
    statement.bind(7, row.span.end)
    statement.bind(8, row.score)
    statement.bind(9, row.threshold)
    statement.bind(10, Int64(row.isAnomalous ? 1 : 0))
    statement.bind(11, row.flags)
    statement.bind(12, row.generation)
    statement.bind(13, row.className)
    statement.bind(14, try row.model.map { hash throws(DatabaseProblem) in try number(ofModel: hash) })
    try statement.run()
  }

  private func bindKey(_ statement: Statement, _ row: HistoryRow, _ run: Int64) {
    statement.bind(1, row.machine ?? "")
    statement.bind(2, HistoryTime.text(row.time))
    statement.bind(3, run)
    statement.bind(4, row.node)
    statement.bind(5, row.file ?? "")
    statement.bind(6, row.span.begin)
  }

  private func remove(score row: HistoryRow, _ run: Int64) throws(DatabaseProblem) {
    let statement = try connection.statement(
      """
      DELETE FROM scores WHERE machine = ? AND time = ? AND run = ? AND node = ? AND file = ? AND "begin" = ?
      """)
    bindKey(statement, row, run)
    try statement.run()
  }

  private func put(event row: HistoryRow, _ run: Int64) throws(DatabaseProblem) {
    // The same event again, as from a file that is imported twice, is one event.
    let statement = try connection.statement(
      """
      INSERT OR IGNORE INTO events (id, run, kind, node, channel, machine, state, time, "begin", "end", score,
      threshold, cause, generation, model, file, detail, clip)
      VALUES (?1, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, (SELECT path FROM clips WHERE event = ?1))
      """)
    statement.bind(1, row.id)
    statement.bind(2, run)
    statement.bind(3, row.kind)
    statement.bind(4, row.node)
    statement.bind(5, row.channel.map { Int64($0) })
    statement.bind(6, row.machine)
    statement.bind(7, row.state)
    statement.bind(8, HistoryTime.text(row.time))
    statement.bind(9, row.span.begin)
    statement.bind(10, row.span.end)
    statement.bind(11, row.score)
    statement.bind(12, row.threshold)
    statement.bind(13, row.cause)
    statement.bind(14, row.generation)
    statement.bind(15, row.model)
    statement.bind(16, row.file)
    statement.bind(17, row.detail)
    try statement.run()
  }

  private func put(gap row: HistoryRow, _ run: Int64) throws(DatabaseProblem) {
    let statement = try connection.statement(
      """
      INSERT INTO gaps (run, node, time, "begin", "end", cause, count, file) VALUES (?, ?, ?, ?, ?, ?, ?, ?)
      """)
    statement.bind(1, run)
    statement.bind(2, row.node)
    statement.bind(3, HistoryTime.text(row.time))
    statement.bind(4, row.span.begin)
    statement.bind(5, row.span.end)
    statement.bind(6, row.cause ?? "")
    statement.bind(7, row.count)
    statement.bind(8, row.file)
    try statement.run()
  }

  /// A record of a clip: `path` names its file, `id` its event.
  private func put(clip row: HistoryRow, _ run: Int64) throws(DatabaseProblem) {
    guard let path = row.clip else { return try put(event: row, run) }
    guard row.state != "deleted" else { return try remove(clip: path) }
    let statement = try connection.statement(
      """
      INSERT OR REPLACE INTO clips (path, run, event, machine, time, "begin", "end") VALUES (?, ?, ?, ?, ?, ?, ?)
      """)
    statement.bind(1, path)
    statement.bind(2, run)
    statement.bind(3, row.id)
    statement.bind(4, row.machine)
    statement.bind(5, HistoryTime.text(row.time))
    statement.bind(6, row.span.begin)
    statement.bind(7, row.span.end)
    try statement.run()
    guard let id = row.id else { return }
    let event = try connection.statement("UPDATE events SET clip = ? WHERE id = ?")
    event.bind(1, path)
    event.bind(2, id)
    try event.run()
  }

  private func remove(clip path: String) throws(DatabaseProblem) {
    for sql in ["DELETE FROM clips WHERE path = ?", "UPDATE events SET clip = NULL WHERE clip = ?"] {
      let statement = try connection.statement(sql)
      statement.bind(1, path)
      try statement.run()
    }
  }
}

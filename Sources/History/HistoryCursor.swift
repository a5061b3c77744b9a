import Database
import Records

/// Rows of one table in the order of time.
final class HistoryCursor {
  private let statement: Statement
  private let read: (Statement) -> (key: String, row: HistoryRow)
  /// Joins the rows of one stretch of time; nil: every row stands alone.
  private let stretch: Int64?
  private var hasEnded = false
  private var ahead: (key: String, row: HistoryRow)?
  /// Rows of the current stretch, one for each node.
  private var joined: ArraySlice<HistoryRow> = []
  /// The row's time as text, by which rows are ordered.
  private(set) var key = ""
  private(set) var row = HistoryRow(kind: "")

  private init(_ statement: Statement, stretch: Int64? = nil, _ read: @escaping (Statement) -> (String, HistoryRow)) {
    self.statement = statement
    self.stretch = stretch
    self.read = read
  }

  /// Goes on to the next row; false: there is none.
  func advance() throws(DatabaseProblem) -> Bool {
    if let next = joined.popFirst() {
      row = next
      return true
    }
    guard let first = try pull() else { return false }
    (key, row) = first
    guard let stretch, let begin = place(row, stretch) else { return true }
    var rows = [row]
    while let next = try pull() {
      guard place(next.row, stretch) == begin else {
        ahead = next
        break
      }
      join(next.row, to: &rows)
    }
    let (product, isTooFar) = begin.multipliedReportingOverflow(by: stretch)
    let time = isTooFar ? .min : product
    for index in rows.indices { rows[index].time = time }
    key = HistoryTime.text(time)
    joined = rows[1...]
    row = rows[0]
    return true
  }

  private func pull() throws(DatabaseProblem) -> (key: String, row: HistoryRow)? {
    defer { ahead = nil }
    if let ahead { return ahead }
    // A statement that has ended would begin again.
    guard !hasEnded, try statement.next() else {
      hasEnded = true
      return nil
    }
    return read(statement)
  }

  private func place(_ row: HistoryRow, _ stretch: Int64) -> Int64? {
    // Rounded down, also before 1970.
    row.time.map { $0 / stretch - ($0 % stretch < 0 ? 1 : 0) }
  }

  private func join(_ next: HistoryRow, to rows: inout [HistoryRow]) {
    guard let index = rows.firstIndex(where: { $0.node == next.node }) else { return rows.append(next) }
    if next.score ?? -.infinity > rows[index].score ?? -.infinity {
      rows[index].score = next.score
      rows[index].span = next.span
    }
    rows[index].threshold = next.threshold ?? rows[index].threshold
    rows[index].isAnomalous = rows[index].isAnomalous || next.isAnomalous
    rows[index].count = (rows[index].count ?? 1) + (next.count ?? 1)
  }
}

// MARK: - Tables

extension HistoryCursor {
  static func events(_ connection: Connection, _ filter: HistoryFilter) throws(DatabaseProblem) -> HistoryCursor {
    // Scores, gaps and clips have tables of their own.
    let kinds = filter.kinds.map { $0.subtracting(["score", "gap", "clip"]).sorted() }
    let statement = try connection.statement(
      """
      SELECT time, kind, graph, events.node, channel, machine, state, "begin", "end", rate, score, threshold, cause,
      generation, model, file, id, clip, detail FROM events JOIN runs USING (run)
      WHERE time >= ? AND time < ?\(condition("machine", filter.machines.count))\
      \(kinds.map { condition("kind", $0.count) } ?? "") ORDER BY time, event
      """)
    bind(statement, filter, filter.machines + (kinds ?? []))
    return HistoryCursor(statement) { statement in
      var row = HistoryRow(kind: statement.text(1) ?? "")
      row.graph = statement.text(2) ?? ""
      row.node = statement.text(3) ?? ""
      row.channel = statement.integer(4).map { Int($0) }
      row.machine = statement.text(5)
      row.state = statement.text(6)
      row.setSpan(begin: statement.integer(7), end: statement.integer(8), rate: statement.integer(9))
      row.score = statement.number(10)
      row.threshold = statement.number(11)
      row.cause = statement.text(12)
      row.generation = statement.integer(13)
      row.model = statement.text(14)
      row.file = statement.text(15)
      row.id = statement.text(16)
      row.clip = statement.text(17)
      row.detail = statement.text(18)
      return timed(row, statement)
    }
  }

  /// Gaps belong to no single machine.
  static func gaps(_ connection: Connection, _ filter: HistoryFilter) throws(DatabaseProblem) -> HistoryCursor {
    let statement = try connection.statement(
      """
      SELECT time, graph, gaps.node, "begin", "end", rate, cause, count, file FROM gaps JOIN runs USING (run)
      WHERE time >= ? AND time < ? ORDER BY time, gap
      """)
    bind(statement, filter, [])
    return HistoryCursor(statement) { statement in
      var row = HistoryRow(kind: "gap")
      row.graph = statement.text(1) ?? ""
      row.node = statement.text(2) ?? ""
      row.setSpan(begin: statement.integer(3), end: statement.integer(4), rate: statement.integer(5))
      row.cause = statement.text(6)
      row.count = statement.integer(7)
      row.file = statement.text(8)
      return timed(row, statement)
    }
  }

  static func clips(_ connection: Connection, _ filter: HistoryFilter) throws(DatabaseProblem) -> HistoryCursor {
    let statement = try connection.statement(
      """
      SELECT time, graph, machine, "begin", "end", rate, event, path FROM clips JOIN runs USING (run)
      WHERE time >= ? AND time < ?\(condition("machine", filter.machines.count)) ORDER BY time, path
      """)
    bind(statement, filter, filter.machines)
    return HistoryCursor(statement) { statement in
      var row = HistoryRow(kind: "clip")
      row.graph = statement.text(1) ?? ""
      row.machine = statement.text(2)
      row.setSpan(begin: statement.integer(3), end: statement.integer(4), rate: statement.integer(5))
      row.id = statement.text(6)
      row.clip = statement.text(7)
      return timed(row, statement)
    }
  }

  static func scores(
    _ connection: Connection, _ filter: HistoryFilter, machine: String, stretch: Int64? = nil
  ) throws(DatabaseProblem) -> HistoryCursor {
    // Not from the connection's store: there is one for each machine at the same time.
    let statement = try Statement(
      connection,
      """
      SELECT time, graph, scores.node, "begin", "end", rate, score, threshold, anomalous, flags, generation, class, file,
      hash FROM scores JOIN runs USING (run) LEFT JOIN models USING (model)
      WHERE machine = ?3 AND time >= ?1 AND time < ?2 ORDER BY time, scores.run, scores.node
      """)
    bind(statement, filter, [machine])
    return HistoryCursor(statement, stretch: stretch) { statement in
      var row = HistoryRow(kind: "score")
      row.machine = machine
      row.graph = statement.text(1) ?? ""
      row.node = statement.text(2) ?? ""
      row.setSpan(begin: statement.integer(3), end: statement.integer(4), rate: statement.integer(5))
      row.score = statement.number(6)
      row.threshold = statement.number(7)
      row.isAnomalous = statement.integer(8) == 1
      row.flags = statement.text(9) ?? ""
      row.generation = statement.integer(10)
      row.className = statement.text(11)
      row.file = statement.text(12).flatMap { $0.isEmpty ? nil : $0 }
      row.model = statement.text(13)
      return timed(row, statement)
    }
  }

  /// The worst score of each stretch of time. Whole minutes come from the table `minutes`.
  static func worst(
    _ connection: Connection, _ filter: HistoryFilter, machine: String, every: Double
  ) throws(DatabaseProblem) -> HistoryCursor {
    let stretch = max(1, Int64(every * 1000)) * 1_000_000
    guard stretch % 60_000_000_000 == 0 else {
      return try scores(connection, filter, machine: machine, stretch: stretch)
    }
    let statement = try Statement(
      connection,
      """
      SELECT time, node, score, threshold, count, anomalous FROM minutes
      WHERE machine = ?3 AND time >= ?1 AND time < ?2 ORDER BY time, node
      """)
    bind(statement, filter, [machine])
    // The minute in which the stretch begins is in it.
    statement.bind(1, HistoryTime.minute(filter.begin))
    return HistoryCursor(statement, stretch: stretch) { statement in
      var row = HistoryRow(kind: "score")
      row.machine = machine
      row.node = statement.text(1) ?? ""
      row.score = statement.number(2)
      row.threshold = statement.number(3)
      row.count = statement.integer(4)
      row.isAnomalous = statement.integer(5) ?? 0 > 0
      return timed(row, statement)
    }
  }

  private static func timed(_ row: HistoryRow, _ statement: Statement) -> (String, HistoryRow) {
    var row = row
    let time = statement.text(0) ?? ""
    row.time = time.isEmpty ? nil : HistoryTime.nanoseconds(time)
    return (time, row)
  }

  private static func condition(_ column: String, _ count: Int) -> String {
    count == 0 ? "" : " AND \(column) IN (\(Array(repeating: "?", count: count).joined(separator: ", ")))"
  }

  private static func bind(_ statement: Statement, _ filter: HistoryFilter, _ texts: [String]) {
    statement.bind(1, filter.begin)
    statement.bind(2, filter.end)
    for (index, text) in texts.enumerated() { statement.bind(index + 3, text) }
  }
}

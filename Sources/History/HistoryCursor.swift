import Database

/// Rows of one table in the order of time.
final class HistoryCursor {
  /// A table, and what to read of it.
  struct Source {
    var table: String
    /// Kind of the rows; empty: a column says it.
    var kind = ""
    /// Tables that belong to it.
    var joins = ""
    /// Order of rows of the same time.
    var order: String
    var columns: [HistoryColumn]
  }

  private let statement: Statement
  private let source: Source
  /// Joins the rows of one stretch of time, in nanoseconds; nil: every row stands alone.
  private let stretch: Int64?
  private var hasEnded = false
  private var ahead: (key: String, row: HistoryRow)?
  /// Rows of the current stretch, one for each node.
  private var joined: ArraySlice<HistoryRow> = []
  /// The row's time as text, by which rows are ordered.
  private(set) var key = ""
  private(set) var row = HistoryRow(kind: "")

  /// - Parameters:
  ///   - conditions: columns of the table with the texts that they may have; none: any.
  ///   - begin: replaces the filter's.
  init(
    _ connection: Connection, _ source: Source, _ filter: HistoryFilter, _ conditions: [(String, [String])] = [],
    begin: String? = nil, stretch: Int64? = nil
  ) throws(DatabaseProblem) {
    let columns = source.columns.map { $0.name(in: source.table) }.joined(separator: ", ")
    let chosen = conditions.filter { !$0.1.isEmpty }
    let limits = chosen.map { name, texts in
      " AND \(source.table).\(name) IN (\(texts.map { _ in "?" }.joined(separator: ", ")))"
    }
    // Not from the connection's store: several cursors read at the same time.
    statement = try Statement(
      connection,
      """
      SELECT time, \(columns) FROM \(source.table) \(source.joins)
      WHERE time >= ?1 AND time < ?2\(limits.joined()) ORDER BY time, \(source.order)
      """)
    statement.bindAll(begin ?? filter.begin, filter.end)
    for (index, text) in chosen.flatMap(\.1).enumerated() { statement.bind(index + 3, text) }
    self.source = source
    self.stretch = stretch
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
    let time = statement.text(0) ?? ""
    var row = HistoryRow(kind: source.kind)
    row.time = HistoryTime.nanoseconds(time)
    for (index, column) in source.columns.enumerated() { column.read(statement, index + 1, into: &row) }
    row.setSpan(begin: row.span.begin, end: row.span.end, rate: Int64(row.rate))
    return (time, row)
  }

  /// Number of the stretch that a row lies in.
  private func place(_ row: HistoryRow, _ stretch: Int64) -> Int64? {
    guard let time = row.time else { return nil }
    let (quotient, rest) = time.quotientAndRemainder(dividingBy: stretch)
    return rest < 0 ? quotient - 1 : quotient
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

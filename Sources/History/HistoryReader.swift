import Database
import Glibc
import Records
import TextEscapes

/// Reads a history, also while a run writes it.
///
/// Thread: any, one at a time.
public final class HistoryReader {
  let connection: Connection

  /// - Throws: there is no such database, or it is another program's.
  public init(_ path: String) throws(DatabaseProblem) {
    var status = stat()
    // SQLite would wait for the other end of a pipe.
    if stat(PathText.bytes(path), &status) == 0, status.st_mode & S_IFMT != S_IFREG {
      throw DatabaseProblem("\(path) is not a file on a disk: give the database of a sink.sqlite")
    }
    connection = try Connection(path, .readOnly, patience: 5)
    guard try HistorySchema.check(connection) else {
      throw DatabaseProblem("\(path) is empty: no run has written to it")
    }
    // All answers are from one moment, whatever is written meanwhile.
    try connection.execute("BEGIN")
  }

  /// All machines that have scores, by name.
  public func machines() throws(DatabaseProblem) -> [String] {
    Set(try Self.machines(connection, "scores") + Self.machines(connection, "minutes")).sorted()
  }

  /// The machines of a table whose key begins with the machine. It jumps from one to the next.
  static func machines(_ connection: Connection, _ table: String) throws(DatabaseProblem) -> [String] {
    var names: [String] = []
    var next = try connection.first("SELECT min(machine) FROM \(table)") { $0.text(0) }
    while let name = next {
      names.append(name)
      next = try connection.first("SELECT min(machine) FROM \(table) WHERE machine > ?", name) { $0.text(0) }
    }
    return names
  }

  /// Calls `body` with every row, in the order of time.
  ///
  /// - Complexity: memory does not depend on the number of rows.
  public func rows<Problem: Error>(
    _ filter: HistoryFilter, wording: (DatabaseProblem) -> Problem, _ body: (HistoryRow) throws(Problem) -> Void
  ) throws(Problem) {
    do {
      var cursors = try cursors(filter).filter { cursor throws(DatabaseProblem) in try cursor.advance() }
      while let index = cursors.indices.min(by: { cursors[$0].key < cursors[$1].key }) {
        try body(cursors[index].row)
        if try !cursors[index].advance() { cursors.remove(at: index) }
      }
    } catch let problem as DatabaseProblem {
      throw wording(problem)
    } catch {
      throw error as! Problem
    }
  }

  private func cursors(_ filter: HistoryFilter) throws(DatabaseProblem) -> [HistoryCursor] {
    var cursors: [HistoryCursor] = []
    if filter.kinds.map({ !$0.subtracting(["score", "gap", "clip"]).isEmpty }) ?? true {
      cursors.append(try .events(connection, filter))
    }
    if filter.takes("gap") { cursors.append(try .gaps(connection, filter)) }
    if filter.takes("clip") { cursors.append(try .clips(connection, filter)) }
    guard filter.takes("score") else { return cursors }
    for machine in try scoreMachines(filter) {
      if let every = filter.every {
        cursors.append(try .worst(connection, filter, machine: machine, every: every))
      } else {
        cursors.append(try .scores(connection, filter, machine: machine))
      }
    }
    return cursors
  }

  private func scoreMachines(_ filter: HistoryFilter) throws(DatabaseProblem) -> [String] {
    filter.machines.isEmpty ? try machines() : filter.machines
  }

  /// Whether there are scores whose time is not known. They have no place in the minutes and the trend.
  public func hasScoresWithoutTime(_ filter: HistoryFilter) throws(DatabaseProblem) -> Bool {
    for machine in try scoreMachines(filter) {
      if try has("SELECT 1 FROM scores WHERE machine = ? AND time = '' LIMIT 1", machine) { return true }
    }
    return false
  }

  /// Whether a machine that has no scores has events.
  public func hasEvents(of machine: String) throws(DatabaseProblem) -> Bool {
    try has("SELECT 1 FROM events WHERE machine = ? LIMIT 1", machine)
  }

  private func has(_ sql: String, _ machine: String) throws(DatabaseProblem) -> Bool {
    try connection.first(sql, machine) { _ in true } ?? false
  }

  /// All graphs that have written, by name, with the first and the last time of their records.
  public func graphs() throws(DatabaseProblem) -> [(name: String, first: Int64?, last: Int64?)] {
    let statement = try connection.statement(
      "SELECT graph, min(nullif(started, '')), max(nullif(ended, '')) FROM runs GROUP BY graph ORDER BY graph")
    defer { statement.reset() }
    var graphs: [(name: String, first: Int64?, last: Int64?)] = []
    while try statement.next() {
      let time = { (column: Int) in statement.text(column).flatMap { HistoryTime.nanoseconds($0) } }
      graphs.append((statement.text(0) ?? "", time(1), time(2)))
    }
    return graphs
  }

  private static let minute: Int64 = 60_000_000_000

  /// The first and the last time of a machine's scores.
  public func range(of machine: String) throws(DatabaseProblem) -> (first: Int64, last: Int64)? {
    try connection.first("SELECT min(time), max(time) FROM minutes WHERE machine = ? AND time > ''", machine) {
      guard let first = $0.text(0).flatMap({ HistoryTime.nanoseconds($0) }),
        let last = $0.text(1).flatMap({ HistoryTime.nanoseconds($0) })
      else { return nil }
      return (first, min(last, .max - Self.minute) + Self.minute)
    }
  }
}

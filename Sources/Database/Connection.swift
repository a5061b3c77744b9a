import CSQLite
import Glibc
import TextEscapes

/// An open SQLite database.
///
/// The file is opened by SQLite alone. Whoever opens and closes it in another way in the same process drops SQLite's
/// locks on it. Thread: any, one at a time.
public final class Connection {
  public enum Access: Sendable { case readOnly, readWrite }

  public let path: String
  let handle: OpaquePointer
  private var statements: [String: Statement] = [:]

  /// - Parameters:
  ///   - access: `readWrite` makes the file if it is missing.
  ///   - patience: seconds to wait for another program's lock.
  public init(_ path: String, _ access: Access, patience: Double) throws(DatabaseProblem) {
    self.path = path
    var handle: OpaquePointer?
    var code = Connection.open(path, access, &handle)
    // A database in WAL mode needs a file beside it, even for reading. In a folder that can't be written, and with no
    // writer, the file alone is whole.
    if access == .readOnly, code == SQLITE_OK, Connection.probe(handle) == SQLITE_CANTOPEN,
      Connection.isAlone(path)
    {
      sqlite3_close_v2(handle)
      code = Connection.openUnchanging(path, &handle)
    }
    guard code == SQLITE_OK, let handle else {
      let problem = DatabaseProblem("open", path, handle, code: code)
      sqlite3_close_v2(handle)
      throw problem
    }
    self.handle = handle
    sqlite3_busy_timeout(handle, Int32(patience * 1000))
  }

  deinit {
    statements = [:]
    sqlite3_close_v2(handle)
  }

  private static func open(_ path: String, _ access: Access, _ handle: inout OpaquePointer?) -> Int32 {
    let flags =
      SQLITE_OPEN_NOMUTEX
      | (access == .readOnly ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE)
    // A name such as `:memory:` or `file:x` is a file, too.
    return sqlite3_open_v2(PathText.bytes(path.hasPrefix("/") ? path : "./" + path), &handle, flags, nil)
  }

  private static func openUnchanging(_ path: String, _ handle: inout OpaquePointer?) -> Int32 {
    var name = "file:"
    for byte in PathText.bytes(path.hasPrefix("/") ? path : "./" + path).dropLast() {
      let digits = String(UInt8(bitPattern: byte), radix: 16)
      name += "%" + (digits.utf8.count < 2 ? "0" + digits : digits)
    }
    return sqlite3_open_v2(
      name + "?immutable=1", &handle, SQLITE_OPEN_READONLY | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_URI, nil)
  }

  private static func probe(_ handle: OpaquePointer?) -> Int32 {
    sqlite3_exec(handle, "SELECT count(*) FROM sqlite_master", nil, nil, nil) & 0xff
  }

  private static func isAlone(_ path: String) -> Bool {
    access(PathText.bytes(path), R_OK) == 0 && access(PathText.bytes(path + "-wal"), F_OK) != 0
  }

  // MARK: Statements

  /// Runs statements without parameters and results.
  public func execute(_ sql: String) throws(DatabaseProblem) {
    let code = sqlite3_exec(handle, sql, nil, nil, nil)
    guard code == SQLITE_OK else { throw problem(code) }
  }

  /// A statement that is prepared once. It must have been read to its end, or reset, before it is asked for again.
  public func statement(_ sql: String) throws(DatabaseProblem) -> Statement {
    if let known = statements[sql] { return known }
    let new = try Statement(self, sql)
    statements[sql] = new
    return new
  }

  /// Runs a statement without rows with these parameters.
  public func run<each Value: StatementValue>(_ sql: String, _ values: repeat each Value) throws(DatabaseProblem) {
    try statement(sql).run(repeat each values)
  }

  /// What `read` makes of the first row; nil: there is none.
  public func first<Result, each Value: StatementValue>(
    _ sql: String, _ values: repeat each Value, read: (Statement) -> Result?
  ) throws(DatabaseProblem) -> Result? {
    let statement = try statement(sql)
    statement.bindAll(repeat each values)
    defer { statement.reset() }
    return try statement.next() ? read(statement) : nil
  }

  /// The first column of the first row.
  public func integer(_ sql: String) throws(DatabaseProblem) -> Int64? { try first(sql) { $0.integer(0) } }

  /// Runs `body` in one transaction: all of it is written, or nothing.
  public func transaction(_ body: () throws(DatabaseProblem) -> Void) throws(DatabaseProblem) {
    try execute("BEGIN IMMEDIATE")
    do throws(DatabaseProblem) {
      try body()
      try execute("COMMIT")
    } catch {
      // SQLite may have rolled back itself.
      if sqlite3_get_autocommit(handle) == 0 { sqlite3_exec(handle, "ROLLBACK", nil, nil, nil) }
      throw error
    }
  }

  /// Rows that the last statement changed.
  public var changes: Int { Int(sqlite3_changes(handle)) }

  /// Key of the last row that was inserted.
  public var lastKey: Int64 { sqlite3_last_insert_rowid(handle) }

  func problem(_ code: Int32) -> DatabaseProblem {
    let isWriting = [SQLITE_FULL, SQLITE_READONLY, SQLITE_BUSY].contains(code & 0xff)
    return DatabaseProblem(isWriting ? "write" : "use", path, handle, code: code)
  }
}

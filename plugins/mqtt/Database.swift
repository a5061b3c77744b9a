import CSQLite
import Glibc
import OutputFiles
import TextEscapes

/// One connection to an SQLite file.
///
/// Thread: one at a time.
final class Database {
  let path: String
  private var handle: OpaquePointer?

  /// Opens a file, and makes it if there is none.
  init(_ path: String) throws(FileProblem) {
    self.path = path
    let code = sqlite3_open_v2(
      PathText.bytes(path), &handle, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX, nil)
    guard code == SQLITE_OK else {
      let problem = problem("open")
      sqlite3_close_v2(handle)
      throw problem
    }
  }

  deinit { sqlite3_close_v2(handle) }

  /// The last error is that the file is no database, or a damaged one.
  var isDamaged: Bool { [SQLITE_CORRUPT, SQLITE_NOTADB].contains(sqlite3_errcode(handle)) }

  /// Rows that the last statement changed.
  var changes: Int { Int(sqlite3_changes(handle)) }

  /// Waits this long for another connection's transaction.
  func wait(milliseconds: Int32) { sqlite3_busy_timeout(handle, milliseconds) }

  /// Runs statements without results.
  func run(_ statements: String) throws(FileProblem) {
    guard sqlite3_exec(handle, statements, nil, nil, nil) == SQLITE_OK else { throw problem("write") }
  }

  func prepare(_ statement: String) throws(FileProblem) -> Statement {
    var prepared: OpaquePointer?
    guard sqlite3_prepare_v3(handle, statement, -1, UInt32(SQLITE_PREPARE_PERSISTENT), &prepared, nil) == SQLITE_OK
    else { throw problem("read") }
    return Statement(prepared, of: self)
  }

  /// Runs the body in a transaction that takes place as a whole or not at all.
  func transaction<T>(_ body: () throws(FileProblem) -> T) throws(FileProblem) -> T {
    try run("BEGIN IMMEDIATE")
    do throws(FileProblem) {
      let result = try body()
      try run("COMMIT")
      return result
    } catch {
      try? run("ROLLBACK")
      throw error
    }
  }

  fileprivate func problem(_ action: String) -> FileProblem {
    let code = sqlite3_errcode(handle)
    switch code {
    case SQLITE_FULL: return FileProblem(action, path, ENOSPC)
    case SQLITE_READONLY, SQLITE_PERM: return FileProblem(action, path, EACCES)
    case SQLITE_BUSY, SQLITE_LOCKED: return FileProblem(action, path, EAGAIN)
    default:
      let system = sqlite3_system_errno(handle)
      if [SQLITE_IOERR, SQLITE_CANTOPEN].contains(code), system != 0 { return FileProblem(action, path, system) }
      let reason = sqlite3_errmsg(handle).map { String(cString: $0) } ?? "error \(code)"
      return FileProblem("cannot \(action) \(path): SQLite says '\(reason)'; check the disk", code: EIO)
    }
  }
}

/// A prepared statement. It ends with its last reference, and keeps its connection.
final class Statement {
  private let handle: OpaquePointer?
  private let database: Database

  fileprivate init(_ handle: OpaquePointer?, of database: Database) {
    self.handle = handle
    self.database = database
  }

  deinit { sqlite3_finalize(handle) }

  /// Copies what is bound.
  private static let copied = unsafeBitCast(-1, to: sqlite3_destructor_type.self)

  func bind(_ place: Int32, _ number: Int64) { sqlite3_bind_int64(handle, place, number) }
  func bind(_ place: Int32, _ text: String) {
    sqlite3_bind_text(handle, place, text, Int32(clamping: text.utf8.count), Self.copied)
  }
  func bind(_ place: Int32, _ bytes: [UInt8]) {
    sqlite3_bind_blob(handle, place, bytes, Int32(clamping: bytes.count), Self.copied)
  }

  /// Fetches the next row; false: there is none, and the statement can be run again.
  func step() throws(FileProblem) -> Bool {
    switch sqlite3_step(handle) {
    case SQLITE_ROW: return true
    case SQLITE_DONE:
      sqlite3_reset(handle)
      return false
    default:
      let problem = database.problem("write")
      sqlite3_reset(handle)
      throw problem
    }
  }

  /// Runs it to the end.
  func run() throws(FileProblem) { while try step() {} }

  func number(_ column: Int32) -> Int64 { sqlite3_column_int64(handle, column) }
  func text(_ column: Int32) -> String { sqlite3_column_text(handle, column).map { String(cString: $0) } ?? "" }
  func bytes(_ column: Int32) -> [UInt8] {
    guard let start = sqlite3_column_blob(handle, column) else { return [] }
    return [UInt8](UnsafeRawBufferPointer(start: start, count: Int(sqlite3_column_bytes(handle, column))))
  }
}

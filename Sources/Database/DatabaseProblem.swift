import CSQLite
import Glibc
import OutputFiles
import SystemCalls

/// A problem with a database in words: the path, the reason, and what to do.
public struct DatabaseProblem: Error, CustomStringConvertible, Sendable {
  public var description: String
  /// SQLite's primary result code, such as SQLITE_FULL.
  public var code: Int32

  public init(_ text: String, code: Int32 = SQLITE_ERROR) {
    description = text
    self.code = code
  }

  /// A check has found damage in the file.
  public static func damaged(_ path: String) -> DatabaseProblem {
    DatabaseProblem("use", path, nil, code: SQLITE_CORRUPT)
  }

  /// The disk is full.
  public var isFull: Bool { code == SQLITE_FULL }
  /// The file is no database, or a damaged one.
  public var isDamaged: Bool { code == SQLITE_CORRUPT || code == SQLITE_NOTADB }
  /// Another program holds a lock.
  public var isBusy: Bool { code == SQLITE_BUSY || code == SQLITE_LOCKED }

  /// - Parameter action: what failed: "open", "write", "use".
  init(_ action: String, _ path: String, _ handle: OpaquePointer?, code: Int32) {
    let code = code & 0xff
    var reason = String(cString: sqlite3_errstr(code))
    if let handle {
      let system = sqlite3_system_errno(handle)
      // SQLITE_ERROR is about the statement itself: only its own message helps.
      if code == SQLITE_ERROR { reason = String(cString: sqlite3_errmsg(handle)) }
      if [SQLITE_IOERR, SQLITE_CANTOPEN].contains(code), system != 0 { reason = systemReason(system) }
    }
    self.init("cannot \(action) \(path): \(reason); \(DatabaseProblem.advice(code))", code: code)
  }

  private static func advice(_ code: Int32) -> String {
    switch code {
    case SQLITE_FULL: "make room on the disk, or write elsewhere"
    case SQLITE_CANTOPEN, SQLITE_IOERR: "check the path, its permissions and its disk"
    case SQLITE_READONLY, SQLITE_PERM: "change the permissions (ls -l shows them), or give another path"
    case SQLITE_BUSY, SQLITE_LOCKED: "another program is writing to it; wait for its end"
    case SQLITE_NOTADB: "it is no SQLite database; give another path"
    case SQLITE_CORRUPT: "it is damaged; move it away, or repair it with `sqlite3 FILE .recover`"
    default: "check the file"
    }
  }
}

extension FileProblem {
  /// A problem of a database.
  public init(_ problem: DatabaseProblem) {
    self.init(problem.description, code: problem.isFull ? ENOSPC : problem.isBusy ? EBUSY : EIO)
  }
}

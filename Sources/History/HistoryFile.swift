import Database
import Glibc
import OutputFiles
import TextEscapes

/// A history that is written: its lock, its folder, and what happens when the file is taken away.
///
/// Thread: any, one at a time.
public final class HistoryFile {
  public let path: String
  private let every: Double?
  private let limits: HistoryLimits
  private var replaces: Bool
  private let lock: SidecarLock
  private var folder: OutputFolder?
  private var writer: HistoryWriter?
  private var identity: FileIdentity?

  /// Seconds to wait for another program that writes into the database.
  private static let patience = 0.2

  /// - Parameters:
  ///   - append: continues the file; false: replaces it.
  ///   - every: keeps the worst score of so many seconds; nil: all.
  public init(path: String, append: Bool, every: Double?, limits: HistoryLimits) {
    self.path = path
    self.every = every
    self.limits = limits
    replaces = !append
    lock = SidecarLock(of: path)
  }

  /// Continues the file, whatever `append` says.
  public func continueFile() { replaces = false }

  /// Refuses a path that must not be written to, without opening it.
  public func examine() throws(FileProblem) {
    var status = stat()
    guard stat(PathText.bytes(path), &status) == 0 else { return }
    switch status.st_mode & S_IFMT {
    case S_IFREG: return
    case S_IFDIR: throw FileProblem("open", path, EISDIR)
    default: throw FileProblem("\(path) is not a file on a disk, which a database needs; give another path")
    }
  }

  /// Opens the file, unless it is open and still at its path.
  ///
  /// - Parameter sharing: another instance of the same node may still hold it.
  /// - Returns: whether an open file was moved away, so that a new one is begun.
  @discardableResult
  public func open(sharing: Bool = false) throws(FileProblem) -> Bool {
    let wasOpen = writer != nil
    if wasOpen, identity == FileIdentity(path), isThere {
      try takeLock(sharing: sharing)
      return false
    }
    close()
    try examine()
    let folder = self.folder ?? OutputFolder(of: LinkedPath.resolved(path))
    self.folder = folder
    try folder.make()
    try takeLock(sharing: sharing)
    if replaces { try remove() }
    do throws(DatabaseProblem) {
      let connection = try Connection(path, .readWrite, patience: Self.patience)
      writer = try HistoryWriter(connection, every: every, bounds: limits)
    } catch {
      throw FileProblem(error)
    }
    replaces = false
    identity = FileIdentity(path)
    return wasOpen
  }

  private var isThere: Bool { access(PathText.bytes(path), F_OK) == 0 }

  private func takeLock(sharing: Bool) throws(FileProblem) {
    guard case .held(let holder) = try lock.take(), !sharing else { return }
    throw FileProblem(
      "\(path) is being written \(FileLock.words(holder)): give this output another path", code: EBUSY)
  }

  /// Removes the old content, if it is a history.
  private func remove() throws(FileProblem) {
    guard isThere else { return }
    do throws(DatabaseProblem) {
      let connection = try Connection(path, .readOnly, patience: Self.patience)
      try HistorySchema.check(connection)
    } catch {
      throw FileProblem(error)
    }
    for suffix in ["", "-wal", "-shm"] {
      if unlink(PathText.bytes(path + suffix)) != 0, errno != ENOENT {
        throw FileProblem("remove", path + suffix, errno)
      }
    }
  }

  /// Writes all rows, or none of them.
  public func write(_ rows: [HistoryRow], of run: HistoryWriter.Run) throws(FileProblem) {
    guard let writer else { throw FileProblem("\(path) is not open") }
    do throws(DatabaseProblem) {
      try writer.write(rows, of: run)
    } catch {
      throw FileProblem(error)
    }
  }

  /// Removes the rows of an imported file.
  func remove(source: String) throws(FileProblem) {
    do throws(DatabaseProblem) {
      try writer?.remove(source: source)
    } catch {
      throw FileProblem(error)
    }
  }

  /// Bytes of the database and of SQLite's log beside it.
  public var size: Int {
    ["", "-wal"].reduce(0) { sum, suffix in
      var status = stat()
      return stat(PathText.bytes(path + suffix), &status) == 0 ? sum + Int(status.st_size) : sum
    }
  }

  /// Bytes that it may take; nil: any number.
  public var limit: Int? { limits.limit }

  /// Closes the database; the lock stays until `letGo`.
  public func close() {
    writer = nil
    identity = nil
  }

  public func letGo() {
    close()
    lock.release()
  }
}

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
  private let setsAside: Bool
  private var replaces: Bool
  private let lock: SidecarLock
  private var folder: OutputFolder?
  private var writer: HistoryWriter?
  private var identity: FileIdentity?
  /// A write found damage.
  private var isDamaged = false

  /// What `open` found.
  public enum Opening: Equatable, Sendable {
    /// Nothing to tell.
    case ready
    /// The open file was moved away or removed: a new one is begun.
    case movedAway
    /// The history was damaged: it lies at another path, and a new one is begun.
    case setAside(String)
  }

  /// Seconds to wait for another program that writes into the database.
  private static let patience = 0.2

  /// - Parameters:
  ///   - append: continues the file; false: replaces it.
  ///   - every: keeps the worst score of so many seconds; nil: all.
  ///   - setsAside: a damaged history is moved away and a new one begun; false: it is an error.
  public init(path: String, append: Bool, every: Double?, limits: HistoryLimits, setsAside: Bool = false) {
    self.path = path
    self.setsAside = setsAside
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
  @discardableResult
  public func open(sharing: Bool = false) throws(FileProblem) -> Opening {
    let wasOpen = writer != nil
    if wasOpen, identity == FileIdentity(path), isThere {
      try takeLock(sharing: sharing)
      return .ready
    }
    close()
    try examine()
    let folder = self.folder ?? OutputFolder(of: LinkedPath.resolved(path))
    self.folder = folder
    try folder.make()
    try takeLock(sharing: sharing)
    if replaces { try remove() }
    let aside = isDamaged ? try setAside() : nil
    let found = try begin() ?? aside
    replaces = false
    identity = FileIdentity(path)
    return found.map { .setAside($0) } ?? (wasOpen ? .movedAway : .ready)
  }

  /// - Returns: where a damaged history lies now; nil: it was none.
  private func begin() throws(FileProblem) -> String? {
    do throws(DatabaseProblem) {
      try openWriter()
      return nil
    } catch {
      guard setsAside, error.isDamaged, HistorySchema.isMarked(path) else { throw FileProblem(error) }
    }
    let aside = try setAside()
    do throws(DatabaseProblem) { try openWriter() } catch { throw FileProblem(error) }
    return aside
  }

  private func openWriter() throws(DatabaseProblem) {
    let connection = try Connection(path, .readWrite, patience: Self.patience)
    writer = try HistoryWriter(connection, every: every, bounds: limits)
  }

  /// Moves a damaged history to a path of its own: a watch goes on, and what can be read of it can be.
  private func setAside() throws(FileProblem) -> String {
    isDamaged = false
    let file = LinkedPath.resolved(path)
    let names = [file + ".damaged"] + (2...1000).map { "\(file).damaged-\($0)" }
    guard let aside = names.first(where: { access(PathText.bytes($0), F_OK) != 0 }) else {
      throw FileProblem("\(path) is damaged, like a thousand before it: check the disk", code: EEXIST)
    }
    for ending in ["", "-wal", "-shm"] {
      if !FileIdentity.rename(file + ending, to: aside + ending), errno != ENOENT {
        throw FileProblem("rename", file + ending, errno)
      }
    }
    return aside
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
      isDamaged = setsAside && error.isDamaged
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

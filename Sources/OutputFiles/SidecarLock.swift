import Glibc
import TextEscapes

/// The lock of an output that another library writes, such as a database: it lies on a hidden file beside the output,
/// `.NAME.lock`. To open the output itself for a lock would disturb the library's own locks on it.
public final class SidecarLock {
  private let path: String
  private var descriptor: Int32 = -1

  public init(of file: String) { path = SidecarLock.path(of: file) }

  deinit { release() }

  /// The lock's file.
  static func path(of file: String) -> String {
    let (folder, name) = LinkedPath.split(LinkedPath.resolved(file))
    return "\(folder)/.\(name).lock"
  }

  public var isTaken: Bool { descriptor >= 0 }

  /// Takes the lock, unless this object has it.
  ///
  /// - Throws: the file can't be made.
  public func take() throws(FileProblem) -> FileLock.Outcome {
    if isTaken { return .taken }
    let opened = open(PathText.bytes(path), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0o644)
    guard opened >= 0 else { throw FileProblem("open", path, errno) }
    let outcome = FileLock.take(opened)
    if outcome == .taken { descriptor = opened } else { close(opened) }
    return outcome
  }

  /// The file stays: removing it could remove the lock of another process.
  public func release() {
    if descriptor >= 0 { close(descriptor) }
    descriptor = -1
  }
}

import Glibc
import OutputFiles
import TextEscapes

/// The right to send the messages of a queue: one watch at a time has it.
final class QueueLock: Sendable {
  private let descriptor: Int32

  /// Takes the lock.
  ///
  /// - Parameter waits: in a swap, the old node keeps it a little longer.
  /// - Returns: nil if another node has it, and the caller waits.
  /// - Throws: if another node or process has it, or it can't be opened.
  init?(folder: String, waits: Bool) throws(FileProblem) {
    let path = folder + "/lock"
    descriptor = open(PathText.bytes(path), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
    guard descriptor >= 0 else { throw FileProblem("open", path, errno) }
    guard case .held(let holder) = FileLock.take(descriptor) else { return }
    if waits { return nil }
    throw FileProblem(
      "the queue \(folder) is in use \(FileLock.words(holder)); give another folder with `queue`", code: EEXIST)
  }

  deinit { if descriptor >= 0 { close(descriptor) } }
}

import Glibc
import OutputFiles
import TextEscapes

/// The right to send the messages of a queue: one watch at a time has it.
final class QueueLock: Sendable {
  private let descriptor: Int32

  /// Takes the lock.
  ///
  /// - Returns: nil if another node of this process has it: in a swap, the old node keeps it a little longer.
  /// - Throws: if another process has it, or it can't be opened.
  init?(folder: String) throws(FileProblem) {
    let path = folder + "/lock"
    descriptor = open(PathText.bytes(path), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
    guard descriptor >= 0 else { throw FileProblem("open", path, errno) }
    guard case .held(let holder) = FileLock.take(descriptor) else { return }
    if holder == getpid() { return nil }
    throw FileProblem(
      "the queue \(folder) is in use \(FileLock.words(holder)); give another folder with `queue`", code: EEXIST)
  }

  deinit { if descriptor >= 0 { close(descriptor) } }
}

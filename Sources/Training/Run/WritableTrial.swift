import Glibc
import SystemCalls
import TextEscapes

/// Tests whether a file can be created: permissions alone don't tell, because root may do everything, but not on every
/// file system.
///
/// - Parameter path: must not exist; nothing is left there.
/// - Returns: the system's reason why not, or nil.
func writableProblem(_ path: String) -> String? {
  let trial = "\(path).\(getpid()).trial"
  let descriptor = open(PathText.bytes(trial), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o644)
  guard descriptor >= 0 else { return systemReason() }
  close(descriptor)
  unlink(PathText.bytes(trial))
  return nil
}

import Glibc
import SystemCalls

/// Locks the program's present memory, because the realtime thread must not wait for a disk. Later memory belongs to
/// workers and is not locked.
///
/// - Returns: the reason, if the system does not allow it (`ulimit -l`); the graph runs without.
func lockMemory() -> String? {
  mlockall(MCL_CURRENT) == 0 ? nil : systemReason()
}

import Glibc
import SystemCalls

/// Keeps what the program has in memory by now from being paged out: the realtime thread must not wait for a disk. What
/// comes later belongs to workers, and may.
///
/// - Returns: why not, where the system does not allow it (`ulimit -l`); the graph runs all the same.
func lockMemory() -> String? {
  mlockall(MCL_CURRENT) == 0 ? nil : systemReason()
}

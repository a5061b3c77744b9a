import Glibc
import SystemCalls

/// Whether a run may keep its memory in memory.
enum MemoryLockCheck: DoctorCheck {
  /// Bytes that a large graph locks.
  private static let enough = 256 << 20

  static func findings(_ examination: Examination) -> [Finding] {
    var limit = rlimit()
    guard getrlimit(__rlimit_resource_t(__RLIMIT_MEMLOCK.rawValue), &limit) == 0 else { return [] }
    if limit.rlim_cur == rlim_t.max {
      return [Finding("memory lock", .ok, "any amount of memory may be locked")]
    }
    let most = Int(clamping: limit.rlim_cur)
    if most >= enough { return [Finding("memory lock", .ok, "\(Quantity.bytes(most)) of memory may be locked")] }
    return [
      Finding(
        "memory lock", .warning,
        "only \(Quantity.bytes(most)) of memory may be locked: when memory is short, cycles wait for the disk",
        advice:
          "set `memlock unlimited` beside `rtprio` in /etc/security/limits.d for the user '\(accountName())', and "
          + "log in again; in a service: LimitMEMLOCK=infinity")
    ]
  }
}

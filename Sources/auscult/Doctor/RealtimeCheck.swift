import Dispatch
import Glibc
import Synchronization
import SystemCalls

/// Whether threads of this user may have realtime priority: tries it on a thread of its own.
enum RealtimeCheck: DoctorCheck {
  /// As jackd gives its clients.
  private static let priority: Int32 = 5

  private final class Attempt: Sendable {
    let code = Atomic<Int32>(0)
    let isDone = DispatchSemaphore(value: 0)
  }

  static func findings(_ examination: Examination) -> [Finding] {
    let attempt = Attempt()
    let hasBegun = BackgroundThread.start("auscult-try") {
      var parameters = sched_param(sched_priority: priority)
      attempt.code.store(pthread_setschedparam(pthread_self(), SCHED_FIFO, &parameters), ordering: .relaxed)
      attempt.isDone.signal()
    }
    guard hasBegun else {
      return [Finding("realtime", .warning, "the system has no room for another thread", advice: "end other programs")]
    }
    attempt.isDone.wait()
    let code = attempt.code.load(ordering: .relaxed)
    guard code != 0 else { return [Finding("realtime", .ok, "threads may have realtime priority")] }
    return [
      Finding(
        "realtime", .warning, "threads may not have realtime priority: \(systemReason(code)); xruns are likely",
        advice: "add the user '\(accountName())' to a group with `rtprio 95` in /etc/security/limits.d (on Debian: "
          + "dpkg-reconfigure -p high jackd2, then the group `audio`), and log in again; in a service: LimitRTPRIO=95")
    ]
  }
}

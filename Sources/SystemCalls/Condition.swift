import Glibc

/// A lock with a condition that threads wait for, on the clock that nobody sets (POSIX threads, CLOCK_MONOTONIC).
///
/// Thread: any but the realtime thread.
public final class Condition: @unchecked Sendable {
  /// A point in time on the condition's clock.
  public struct Deadline: Sendable {
    fileprivate var time: timespec

    /// - Parameter seconds: from now on; not below 0.
    public init(in seconds: Double) {
      time = timespec()
      clock_gettime(CLOCK_MONOTONIC, &time)
      let nanoseconds = Int(min(max(seconds, 0), 1e9) * 1e9) + time.tv_nsec
      time.tv_sec += nanoseconds / 1_000_000_000
      time.tv_nsec = nanoseconds % 1_000_000_000
    }
  }

  private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
  private let condition = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)

  public init() {
    mutex.initialize(to: pthread_mutex_t())
    pthread_mutex_init(mutex, nil)
    condition.initialize(to: pthread_cond_t())
    var attributes = pthread_condattr_t()
    pthread_condattr_init(&attributes)
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC)
    pthread_cond_init(condition, &attributes)
    pthread_condattr_destroy(&attributes)
  }

  deinit {
    pthread_cond_destroy(condition)
    pthread_mutex_destroy(mutex)
    condition.deallocate()
    mutex.deallocate()
  }

  public func lock() { pthread_mutex_lock(mutex) }
  public func unlock() { pthread_mutex_unlock(mutex) }
  /// Locks if no other thread has the lock.
  public func tryLock() -> Bool { pthread_mutex_trylock(mutex) == 0 }

  /// Wakes one waiting thread.
  public func signal() { pthread_cond_signal(condition) }
  /// Wakes all waiting threads.
  public func broadcast() { pthread_cond_broadcast(condition) }

  /// Gives the lock back until another thread signals, and takes it again. May also return without a signal.
  ///
  /// - Returns: false if the deadline has passed.
  public func wait(until deadline: Deadline) -> Bool {
    var time = deadline.time
    return pthread_cond_timedwait(condition, mutex, &time) == 0
  }

  /// The same with a deadline in `seconds`.
  @discardableResult
  public func wait(seconds: Double) -> Bool { wait(until: Deadline(in: seconds)) }
}

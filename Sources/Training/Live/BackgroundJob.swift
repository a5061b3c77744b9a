import Dispatch
import Glibc
import Synchronization
import SystemCalls

/// Long work next to a running graph, on its own thread with the lowest priority.
final class BackgroundJob<Value: Sendable>: Sendable {
  private let outcome = Mutex<Result<Value, any Error>?>(nil)
  private let isOver = DispatchSemaphore(value: 0)

  /// - Parameter done: called on that thread when the outcome is ready.
  init(_ body: @escaping @Sendable () throws -> Value, done: @escaping @Sendable () -> Void) {
    // Networks recurse little, but their kernels keep tiles on the stack.
    BackgroundThread.start("auscult-train", stackBytes: 8 << 20) { [self] in
      yieldToOthers()
      let result = Result { try body() }
      outcome.withLock { $0 = result }
      isOver.signal()
      done()
    }
  }

  /// Nil while it works.
  var result: Result<Value, any Error>? { outcome.withLock { $0 } }

  /// Waits for the end.
  func join() {
    isOver.wait()
    isOver.signal()
  }
}

/// The least share of the processor, for this thread alone: batch scheduling, and the highest niceness. Has no effect
/// on threads of a realtime class.
private func yieldToOthers() {
  var parameters = sched_param()
  let batch: Int32 = 3
  _ = sched_setscheduler(0, batch, &parameters)
  // On Linux this sets the thread's niceness.
  _ = setpriority(__priority_which_t(PRIO_PROCESS.rawValue), 0, 19)
}

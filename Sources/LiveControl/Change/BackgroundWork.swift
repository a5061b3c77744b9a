import Synchronization
import SystemCalls

/// Work that may take seconds, on a thread of its own, so that the control thread does not wait.
final class BackgroundWork<Result: Sendable>: Sendable {
  private let state = Mutex<Result?>(nil)

  /// - Parameter name: the thread's name.
  init(_ name: String, _ work: @escaping @Sendable () -> Result) {
    BackgroundThread.start(name) { [self] in
      let result = work()
      state.withLock { $0 = result }
    }
  }

  /// Nil while it works.
  var result: Result? { state.withLock { $0 } }
}

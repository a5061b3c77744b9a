import Foundation
import Synchronization

/// Work that may take seconds, on a thread of its own, while the control thread goes on.
final class Background<Result: Sendable>: Sendable {
  private let state = Mutex<Result?>(nil)

  init(_ name: String, _ work: @escaping @Sendable () -> Result) {
    let thread = Thread { [self] in
      let result = work()
      state.withLock { $0 = result }
    }
    thread.name = name
    thread.start()
  }

  /// What came of it; nil: it is not done yet.
  var result: Result? { state.withLock { $0 } }
}

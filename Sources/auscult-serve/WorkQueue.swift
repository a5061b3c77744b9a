import Synchronization
import SystemCalls

/// Work that may block, on a few threads of its own: requests to runs, files, programs. What does not fit is refused.
final class WorkQueue: Sendable {
  typealias Work = @Sendable () -> Void

  private struct State {
    var waiting: [Work] = []
    var running = 0
  }

  private let name: String
  private let threads: Int
  private let limit: Int
  private let state = Mutex(State())

  /// - Parameters:
  ///   - threads: the most that run at once.
  ///   - waiting: the most that wait for one of them.
  init(_ name: String, threads: Int, waiting: Int) {
    (self.name, self.threads, limit) = (name, threads, waiting)
  }

  /// - Returns: false: too much is under way.
  func submit(_ work: @escaping Work) -> Bool {
    let isAccepted: Bool? = state.withLock { state in
      if state.running == threads {
        guard state.waiting.count < limit else { return false }
        state.waiting.append(work)
        return true
      }
      state.running += 1
      return nil
    }
    if let isAccepted { return isAccepted }
    let hasStarted = BackgroundThread.start(name) { [self] in
      var next: Work? = work
      while let work = next {
        work()
        next = takeNext()
      }
    }
    if !hasStarted { state.withLock { $0.running -= 1 } }
    return hasStarted
  }

  private func takeNext() -> Work? {
    state.withLock { state in
      guard !state.waiting.isEmpty else {
        state.running -= 1
        return nil
      }
      return state.waiting.removeFirst()
    }
  }
}

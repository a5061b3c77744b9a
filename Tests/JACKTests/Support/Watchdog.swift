import Dispatch
import Synchronization

/// Calls for help when a test takes too long, and ends the process if that does not help.
final class Watchdog: Sendable {
  private enum State { case watching, barked }

  private let state = Mutex(State.watching)
  private let isOver = DispatchSemaphore(value: 0)

  init(seconds: Int, help: @escaping @Sendable () -> Void) {
    DispatchQueue.global().async { [self] in
      if isOver.wait(timeout: .now() + .seconds(seconds)) == .success { return }
      state.withLock { $0 = .barked }
      help()
      if isOver.wait(timeout: .now() + 10) == .success { return }
      fatalError("a JACK test hangs, though its server was killed")
    }
  }

  var hasBarked: Bool { state.withLock { $0 == .barked } }

  func cancel() { isOver.signal() }
}

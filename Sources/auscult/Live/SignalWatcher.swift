import Foundation
import Glibc
import Synchronization

/// Turns Ctrl-C and its like (SIGINT, SIGTERM, SIGHUP) into a call, so that a run can end in good order. The second
/// one, or one that nobody handles, ends the program at once, as signals do.
///
/// Make it before any other thread: they inherit that these signals are none of their business.
final class SignalWatcher: Sendable {
  private static let signals = [SIGINT, SIGTERM, SIGHUP]
  private let handler = Mutex<(@Sendable () -> Void)?>(nil)

  init() {
    var mask = SignalWatcher.mask
    pthread_sigmask(SIG_BLOCK, &mask, nil)
    Thread.detachNewThread { [self] in watch() }
  }

  /// From now on the first signal calls this, on a thread of its own.
  func handle(_ body: @escaping @Sendable () -> Void) { handler.withLock { $0 = body } }

  /// The same, but the second signal calls it as well.
  func handleTwice(_ body: @escaping @Sendable () -> Void) {
    handle { [self] in
      handle(body)
      body()
    }
  }

  private func watch() {
    var mask = SignalWatcher.mask
    while true {
      var number: Int32 = 0
      guard sigwait(&mask, &number) == 0 else { continue }
      let body = handler.withLock { handler in
        defer { handler = nil }
        return handler
      }
      if let body { body() } else { die(of: number) }
    }
  }

  private func die(of number: Int32) {
    signal(number, SIG_DFL)
    var mask = SignalWatcher.mask
    raise(number)
    pthread_sigmask(SIG_UNBLOCK, &mask, nil)
  }

  private static var mask: sigset_t {
    var mask = sigset_t()
    sigemptyset(&mask)
    for number in signals { sigaddset(&mask, number) }
    return mask
  }
}

import Glibc
import Synchronization
import SystemCalls

/// Turns SIGINT (Ctrl-C) and SIGTERM into a call, so that a run can end cleanly, and SIGHUP into another one, which reopens
/// its files. A signal without a handler ends the program at once. If SIGHUP or SIGTERM were ignored when the program
/// started, as under nohup, they stay ignored. SIGINT does not: a shell without job control ignores it for background
/// commands, and scripts end such a run by `kill -INT`.
///
/// Create it before any other thread: threads inherit the blocked signals.
public final class SignalWatcher: Sendable {
  /// Receives the number of signals so far. Returns false if the signal should end the program at once.
  public typealias Handler = @Sendable (_ count: Int) -> Bool

  private struct State {
    var count = 0
    var handler: Handler?
    var hangup: (@Sendable () -> Void)?
  }

  private let signals: [Int32]
  private let state = Mutex(State())

  /// - Parameter hangup: what SIGHUP calls until `handleHangup`; nil: it ends the program.
  public init(hangup: (@Sendable () -> Void)? = nil) {
    if let hangup { state.withLock { $0.hangup = hangup } }
    signals = [SIGINT] + [SIGTERM, SIGHUP].filter { !SignalWatcher.isIgnored($0) }
    var mask = mask
    pthread_sigmask(SIG_BLOCK, &mask, nil)
    BackgroundThread.start("auscult-signal") { [self] in watch() }
  }

  /// Holds a SIGHUP that comes before a watcher exists.
  ///
  /// Thread: the main one, before any other.
  public static func holdHangup() {
    guard !isIgnored(SIGHUP) else { return }
    var mask = sigset_t()
    sigemptyset(&mask)
    sigaddset(&mask, SIGHUP)
    pthread_sigmask(SIG_BLOCK, &mask, nil)
  }

  /// From now on the first signal calls this, on a thread of its own; the second one ends the program.
  public func handle(_ body: @escaping @Sendable () -> Void) {
    handleAll { count in
      if count == 1 { body() }
      return count == 1
    }
  }

  /// From now on every signal calls this, on a thread of its own.
  public func handleAll(_ handler: @escaping Handler) {
    state.withLock {
      $0.count = 0
      $0.handler = handler
    }
  }

  /// From now on SIGHUP calls this, and does not end the program.
  public func handleHangup(_ body: @escaping @Sendable () -> Void) { state.withLock { $0.hangup = body } }

  private func watch() {
    var mask = mask
    while true {
      var number: Int32 = 0
      guard sigwait(&mask, &number) == 0 else { continue }
      if number == SIGHUP, let hangup = state.withLock({ $0.hangup }) {
        hangup()
        continue
      }
      let (handler, count) = state.withLock { state in
        state.count += 1
        return (state.handler, state.count)
      }
      if !(handler?(count) ?? false) { die(of: number) }
    }
  }

  private func die(of number: Int32) {
    signal(number, SIG_DFL)
    var mask = mask
    raise(number)
    pthread_sigmask(SIG_UNBLOCK, &mask, nil)
  }

  private static func isIgnored(_ number: Int32) -> Bool {
    var action = sigaction()
    guard sigaction(number, nil, &action) == 0 else { return false }
    return unsafeBitCast(action.__sigaction_handler.sa_handler, to: Int.self) == unsafeBitCast(SIG_IGN, to: Int.self)
  }

  private var mask: sigset_t {
    var mask = sigset_t()
    sigemptyset(&mask)
    for number in signals { sigaddset(&mask, number) }
    return mask
  }
}

import Dispatch
import Synchronization
import SystemCalls

/// Calls into libjack that may never return: if the server is stopped or hangs, or if libjack kills one of its own threads
/// while it holds a lock (its notification thread, when clients come or go at that moment).
///
/// Each call runs on a thread of its own. A call that does not return in time is abandoned, with the locks that it holds;
/// from then on this process can't use libjack.
enum LibJACKCall {
  /// Seconds that a call may take: a server under full load takes seconds.
  static let seconds = 10

  private static let lostAction = Mutex<String?>(nil)

  /// The action of the call that has not returned; nil: all have.
  static var leftBehind: String? { lostAction.withLock { $0 } }

  /// Returns the result of `body`; nil if it does not return in time, or an earlier call did not. `late` receives a result
  /// that comes later.
  ///
  /// Thread: control. Both closures run on another one.
  ///
  /// - Parameter action: in words: "open the client 'watch'".
  static func perform<Answer: Sendable>(
    _ action: String, _ body: @escaping @Sendable () -> Answer,
    late: @escaping @Sendable (Answer) -> Void = { _ in }
  ) -> Answer? {
    if leftBehind != nil { return nil }
    let call = PendingCall<Answer>()
    BackgroundThread.start("auscult-libjack") {
      let answer = body()
      if !call.finish(answer) { late(answer) }
    }
    guard let answer = call.wait(seconds: seconds) else {
      lostAction.withLock { $0 = action }
      return nil
    }
    return answer
  }
}

/// A call on another thread, and its waiting caller.
private final class PendingCall<Answer: Sendable>: Sendable {
  private enum State {
    case pending
    case finished(Answer)
    case givenUp
  }

  private let state = Mutex(State.pending)
  private let isFinished = DispatchSemaphore(value: 0)

  /// - Returns: whether the caller still waits for the answer.
  func finish(_ answer: Answer) -> Bool {
    let isWaitedFor = state.withLock { state in
      guard case .pending = state else { return false }
      state = .finished(answer)
      return true
    }
    isFinished.signal()
    return isWaitedFor
  }

  func wait(seconds: Int) -> Answer? {
    _ = isFinished.wait(timeout: .now() + .seconds(seconds))
    return state.withLock { state in
      if case .finished(let answer) = state { return answer }
      state = .givenUp
      return nil
    }
  }
}

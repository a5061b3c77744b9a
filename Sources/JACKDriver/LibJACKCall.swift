import Foundation
import Synchronization

/// Calls of libjack that may never return: with a server that is stopped or hangs, and where libjack ends a thread of its
/// own that holds a lock (its notification thread, when clients come or go at that moment).
///
/// Each runs on a thread of its own. One that is not back in time is left behind, with the locks that it holds; from then
/// on libjack is of no use in this process.
enum LibJACKCall {
  /// How long a call may take: a server under full load takes seconds.
  static let seconds = 10

  private static let lostAction = Mutex<String?>(nil)

  /// What was asked for by the call that has not come back; nil: all have.
  static var leftBehind: String? { lostAction.withLock { $0 } }

  /// What `body` returns; nil when it is not back in time, or an earlier call was not. `late` gets what comes back after
  /// that.
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
    Thread.detachNewThread {
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

/// A call on another thread, and whoever waits for it.
private final class PendingCall<Answer: Sendable>: Sendable {
  private enum State {
    case pending
    case finished(Answer)
    case givenUp
  }

  private let state = Mutex(State.pending)
  private let isFinished = DispatchSemaphore(value: 0)

  /// - Returns: whether the answer is still waited for.
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

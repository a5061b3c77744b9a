import CRealtime
import Foundation
import GraphText
import NumberText
import Synchronization

/// How long the nodes of a graph are waited for, and which of them are late.
package final class NodeCalls: Sendable {
  /// Seconds that a node may take for one call.
  package static let limit = 10.0
  /// Nanoseconds between two looks at whether it is still to be waited for.
  package static let look = 0.02

  private struct State {
    /// The change that is under way has to be ready by then.
    package var deadline = Int64.max
    var seconds = 0.0
    package var late: [(callQueue: NodeCallQueue, node: String, function: String, since: Int64, isTold: Bool)] = []
  }

  private struct Hook: @unchecked Sendable {
    var body: () -> Void = {}
  }

  private let state = Mutex(State())
  private let hook = Mutex(Hook())
  /// When all has to have come to its end, whatever nodes do; in nanoseconds.
  private let end = Atomic<Int64>(Int64.max)
  private let log: @Sendable (LogLevel, String, String) -> Void

  package init(log: @escaping @Sendable (LogLevel, String, String) -> Void) { self.log = log }

  // MARK: Limits

  /// Nothing waits for longer than so many seconds from now. The sooner of two counts. Thread: any.
  package func endBy(seconds: Double) {
    let deadline = realtime_nanoseconds() + Int64(seconds * 1e9)
    end.min(deadline, ordering: .relaxed)
  }

  /// Who waited for something else has so many seconds at least from now. Thread: any.
  package func endNotBefore(seconds: Double) {
    if isEnding { end.max(realtime_nanoseconds() + Int64(seconds * 1e9), ordering: .relaxed) }
  }

  package var isEnding: Bool { end.load(ordering: .relaxed) != Int64.max }
  package var isOver: Bool { realtime_nanoseconds() >= end.load(ordering: .relaxed) }

  /// Runs the body, in which nodes have so long in all.
  package func within<Result>(seconds: Double, _ body: () throws(DiagnosticsError) -> Result) throws(DiagnosticsError)
    -> Result
  {
    state.withLock {
      $0.deadline = realtime_nanoseconds() + Int64(seconds * 1e9)
      $0.seconds = seconds
    }
    defer { state.withLock { $0.deadline = Int64.max } }
    return try body()
  }

  /// Called again and again while a node is waited for. Thread: control.
  package func whileWaiting(_ body: @escaping () -> Void) {
    let hook = Hook(body: body)
    self.hook.withLock { $0 = hook }
  }

  func pump() { hook.withLock { $0 }.body() }

  /// When a call that begins now is late.
  package func deadline(seconds: Double) -> Int64 {
    min(realtime_nanoseconds() + Int64(seconds * 1e9), end.load(ordering: .relaxed))
  }

  /// The same for a call whose answer is needed: a change says itself how long its nodes may take.
  var answerDeadline: Int64 {
    let change = state.withLock { $0.deadline }
    return change == Int64.max ? deadline(seconds: NodeCalls.limit) : min(change, end.load(ordering: .relaxed))
  }

  /// Why a node that is needed is not waited for any more.
  package func failure(of function: String) -> NodeFailure {
    if isEnding { return NodeFailure(text: "had not returned from '\(function)' when the run ended", parameter: nil) }
    let (deadline, seconds) = state.withLock { ($0.deadline, $0.seconds) }
    if realtime_nanoseconds() >= deadline {
      return NodeFailure(
        text: "was not ready within \(NumberText.plain(seconds, decimals: 3)) s; allow more with --timeout",
        parameter: nil)
    }
    return NodeFailure(
      text:
        "has not returned from '\(function)' within \(NumberText.plain(NodeCalls.limit, decimals: 3)) s: a fault of its plugin",
      parameter: nil)
  }

  // MARK: Late ones

  /// A call that is not waited for any more.
  func note(_ callQueue: NodeCallQueue, node: String, function: String, since: Int64) {
    state.withLock { state in
      guard !state.late.contains(where: { $0.callQueue === callQueue }) else { return }
      state.late.append((callQueue, node, function, since, false))
    }
  }

  /// Tells of those that have been away for too long. Thread: any.
  package func tellLate() {
    let now = realtime_nanoseconds()
    var told: [(node: String, function: String)] = []
    state.withLock { state in
      state.late.removeAll { $0.callQueue.isIdle }
      for index in state.late.indices
      where !state.late[index].isTold && now - state.late[index].since > Int64(NodeCalls.limit * 1e9) {
        state.late[index].isTold = true
        told.append((state.late[index].node, state.late[index].function))
      }
    }
    for (node, function) in told {
      log(
        .error, node,
        "has not returned from '\(function)' for \(NumberText.plain(NodeCalls.limit, decimals: 3)) s: its memory and its thread are given up"
      )
    }
  }

  /// Nodes that have not come back from a call, and which.
  package var late: [(node: String, function: String)] {
    state.withLock { state in
      state.late.removeAll { $0.callQueue.isIdle }
      return state.late.map { ($0.node, $0.function) }
    }
  }
}

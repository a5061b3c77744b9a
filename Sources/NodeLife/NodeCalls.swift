import CRealtime
import Glibc
import GraphText
import NumberText
import Synchronization

/// How long to wait for the nodes of a graph, and which nodes are late.
package final class NodeCalls: Sendable {
  /// Seconds that a call of a node may take.
  package static let limit = 10.0
  /// Seconds between two checks whether to keep waiting.
  package static let look = 0.02

  private struct State {
    /// Time at which the change in progress must be ready.
    package var deadline = Int64.max
    var seconds = 0.0
    package var late: [(callQueue: NodeCallQueue, node: String, function: String, since: Int64, isTold: Bool)] = []
  }

  private struct Hook: @unchecked Sendable {
    var body: () -> Void = {}
  }

  private let state = Mutex(State())
  private let hook = Mutex(Hook())
  /// Time at which everything must have ended, whatever nodes do; in nanoseconds.
  private let end = Atomic<Int64>(Int64.max)
  private let log: @Sendable (LogLevel, String, String) -> Void

  package init(log: @escaping @Sendable (LogLevel, String, String) -> Void) { self.log = log }

  // MARK: Limits

  /// Sets the end to `seconds` from now at most. Of two calls the earlier end counts. Thread: any.
  package func endBy(seconds: Double) {
    let deadline = realtime_nanoseconds() + Int64(seconds * 1e9)
    end.min(deadline, ordering: .relaxed)
  }

  /// Guarantees at least `seconds` from now to work that had to wait for something else. Thread: any.
  package func endNotBefore(seconds: Double) {
    if isEnding { end.max(realtime_nanoseconds() + Int64(seconds * 1e9), ordering: .relaxed) }
  }

  package var isEnding: Bool { end.load(ordering: .relaxed) != Int64.max }
  package var isOver: Bool { realtime_nanoseconds() >= end.load(ordering: .relaxed) }

  /// Runs the body. All nodes together have `seconds` for it, of which `used` have passed already.
  package func within<Result>(
    seconds: Double, used: Double = 0, _ body: () throws(DiagnosticsError) -> Result
  ) throws(DiagnosticsError) -> Result {
    state.withLock {
      $0.deadline = realtime_nanoseconds() + Int64(max(0, seconds - used) * 1e9)
      $0.seconds = seconds
    }
    defer { state.withLock { $0.deadline = Int64.max } }
    return try body()
  }

  /// Sets a function that is called repeatedly while a node is waited for. Thread: control.
  package func whileWaiting(_ body: @escaping () -> Void) {
    let hook = Hook(body: body)
    self.hook.withLock { $0 = hook }
  }

  func pump() { hook.withLock { $0 }.body() }

  /// Time at which a call that begins now is late.
  package func deadline(seconds: Double) -> Int64 {
    min(realtime_nanoseconds() + Int64(seconds * 1e9), end.load(ordering: .relaxed))
  }

  /// The same for a call whose answer is needed. A change sets its own limit for its nodes.
  var answerDeadline: Int64 {
    let change = state.withLock { $0.deadline }
    return change == Int64.max ? deadline(seconds: NodeCalls.limit) : min(change, end.load(ordering: .relaxed))
  }

  /// The error for a node that is needed and late.
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

  // MARK: Late nodes

  /// Notes a call that is no longer waited for.
  func note(_ callQueue: NodeCallQueue, node: String, function: String, since: Int64) {
    state.withLock { state in
      guard !state.late.contains(where: { $0.callQueue === callQueue }) else { return }
      state.late.append((callQueue, node, function, since, false))
    }
  }

  /// Reports nodes that have been late for too long. Thread: any.
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
        "has not returned from '\(function)' for \(NumberText.plain(NodeCalls.limit, decimals: 3)) s: its memory and its thread stay in use"
      )
    }
  }

  /// Nodes that have not returned from a call, with the function.
  package var late: [(node: String, function: String)] {
    state.withLock { state in
      state.late.removeAll { $0.callQueue.isIdle }
      return state.late.map { ($0.node, $0.function) }
    }
  }
}

import CRealtime
import Glibc
import Synchronization
import SystemCalls

/// Runs the calls of one node one after the other, on another thread than the caller's. A call that does not return
/// delays only later calls of the same node.
final class NodeCallQueue: @unchecked Sendable {
  /// Calls of all graphs that were abandoned and have not returned.
  private static let lateCalls = Atomic<Int>(0)
  static var anyIsLate: Bool { lateCalls.load(ordering: .relaxed) > 0 }

  /// Seconds that a call gets in any case.
  private static let least = 0.25

  private let calls: NodeCalls
  private let node: String
  private let condition = Condition()
  // Under the condition's lock.
  private var queue: [() -> Void] = []
  private var isRunning = false
  /// Calls that wait or run. A call counts as finished once it is answered, even before its thread is idle again.
  private var open = 0

  package init(_ calls: NodeCalls, node: String) {
    self.calls = calls
    self.node = node
  }

  /// No call runs or waits.
  package var isIdle: Bool {
    condition.lock()
    defer { condition.unlock() }
    return open == 0
  }

  /// - Parameter look: called now and then; false: stop waiting.
  package func awaitIdle(_ look: () -> Bool) {
    condition.lock()
    defer { condition.unlock() }
    while open > 0, look() { condition.wait(seconds: NodeCalls.look) }
  }

  /// Calls a node and waits for its answer.
  ///
  /// - Parameters:
  ///   - function: name of the function, for messages.
  ///   - late: gets the answer on the node's thread if it comes too late.
  /// - Throws: a `NodeFailure` if the node is late.
  package func call<Answer>(
    _ function: String, _ body: @escaping () -> Answer, late: @escaping (Answer) -> Void = { _ in }
  ) throws -> Answer {
    let patience = Patience(deadline: calls.answerDeadline, least: NodeCallQueue.least, isNeeded: true)
    if let answer = wait(function, patience, body, late) { return answer }
    throw calls.failure(of: function)
  }

  /// Calls a node that gives no answer, and waits for a limited time.
  ///
  /// - Returns: whether the call has returned.
  @discardableResult
  func finish(_ function: String, seconds: Double, _ body: @escaping () -> Void) -> Bool {
    let patience = Patience(
      deadline: calls.deadline(seconds: seconds), least: min(seconds, NodeCallQueue.least), isNeeded: false)
    return wait(function, patience, body, { _ in }) != nil
  }

  /// How long to wait for a call.
  private struct Patience {
    let began = realtime_nanoseconds()
    package let deadline: Int64
    /// Seconds in any case: a call that returns at once counts even if there is no time left.
    let least: Double
    /// The answer is not needed when the run ends.
    let isNeeded: Bool

    /// Nanoseconds left.
    func left(_ calls: NodeCalls) -> Int64 {
      let now = realtime_nanoseconds()
      let isEnd = isNeeded ? calls.isEnding : calls.isOver
      return max(isEnd ? 0 : deadline - now, began + Int64(least * 1e9) - now)
    }
  }

  private func wait<Answer>(
    _ function: String, _ patience: Patience, _ body: @escaping () -> Answer, _ late: @escaping (Answer) -> Void
  ) -> Answer? {
    let call = Call<Answer>()
    enqueue { [self] in
      let result = body()
      condition.lock()
      let isLate = call.isGivenUp
      if !isLate { call.answer = result }
      call.isDone = true
      if !isLate { open -= 1 }
      condition.broadcast()
      condition.unlock()
      guard isLate else { return }
      late(result)
      condition.lock()
      open -= 1
      condition.broadcast()
      condition.unlock()
      NodeCallQueue.lateCalls.subtract(1, ordering: .relaxed)
    }
    condition.lock()
    while !call.isDone {
      let left = patience.left(calls)
      if left <= 0 { break }
      let limit = Condition.Deadline(in: min(Double(left) / 1e9, NodeCalls.look))
      if condition.wait(until: limit) || call.isDone { continue }
      condition.unlock()
      calls.pump()
      condition.lock()
    }
    call.isGivenUp = !call.isDone
    let answer = call.answer
    if call.isGivenUp { NodeCallQueue.lateCalls.add(1, ordering: .relaxed) }
    condition.unlock()
    if call.isGivenUp { calls.note(self, node: node, function: function, since: patience.began) }
    return answer
  }

  private final class Call<Answer>: @unchecked Sendable {
    var answer: Answer?
    var isDone = false
    var isGivenUp = false
  }

  private func enqueue(_ body: @escaping () -> Void) {
    condition.lock()
    queue.append(body)
    open += 1
    let mustStart = !isRunning
    isRunning = true
    condition.unlock()
    if mustStart { HelperThread.run { [self] in runAll() } }
  }

  private func runAll() {
    while true {
      condition.lock()
      guard !queue.isEmpty else {
        isRunning = false
        condition.broadcast()
        condition.unlock()
        return
      }
      let next = queue.removeFirst()
      condition.unlock()
      next()
    }
  }
}

import NodeKit
import Synchronization

/// What the courier reports to the person who runs the graph, for as long as the node exists.
///
/// Thread: any.
final class CourierNotes: Sendable {
  private struct State: @unchecked Sendable {
    var host: Host?
    var outages: Outages?
    var figures: Figures?
    var queued: Int?
    /// The problem as last logged.
    var said: String?
    /// Why there is no connection, and why the queue can't be written.
    var link: String?
    var queue: String?

    /// `status` has one text for a node.
    func show() {
      let problems = [queue, link].compactMap { $0 }
      outages?.say(problems.isEmpty ? nil : problems.joined(separator: "; "))
    }
  }

  private let state: Mutex<State>

  /// Thread: control.
  init(_ host: Host) {
    let figures = Figures(host)
    figures?.set("connected", 0)
    figures?.set("dropped_total", 0)
    state = Mutex(State(host: host, outages: Outages(host), figures: figures))
  }

  /// Messages that wait.
  func queued(_ count: Int) {
    state.withLock { state in
      if state.queued != count { state.figures?.set("queued_messages", count) }
      state.queued = count
    }
  }

  /// Messages that were dropped so far.
  func dropped(_ count: Int) { state.withLock { $0.figures?.set("dropped_total", count) } }

  /// There is no connection. Logs each reason once; `status` shows it with the number of waiting messages.
  func blocked(_ problem: BrokerProblem, waiting: Int) {
    state.withLock { state in
      state.figures?.set("connected", 0)
      state.link = "\(problem.text). \(Self.count(waiting)) in the queue"
      state.show()
      guard state.said != problem.text else { return }
      state.said = problem.text
      state.host?.log(.warning, "\(problem.text). Alarms wait in the queue; everything else runs on")
    }
  }

  func connected(_ broker: String, waiting: Int) {
    state.withLock { state in
      let isBack = state.said != nil
      state.figures?.set("connected", 1)
      (state.said, state.link) = (nil, nil)
      state.show()
      state.host?.log(
        isBack ? .warning : .info,
        "connected to \(broker)" + (waiting > 0 ? "; sends \(Self.count(waiting)) of the queue" : ""))
    }
  }

  /// Why the queue can't be written; nil: it can. Thread: the sink's.
  func queue(_ problem: String?) {
    state.withLock { state in
      state.queue = problem
      state.show()
    }
  }

  func log(_ level: Host.Level, _ text: String) { state.withLock { $0.host?.log(level, text) } }

  /// The node is about to end: from now on nothing is reported.
  func end() { state.withLock { $0 = State() } }

  static func count(_ number: Int) -> String { number == 1 ? "1 message" : "\(number) messages" }
}

import GraphEngine
import GraphText
import RunControl
import Synchronization

/// How a change that was asked for gets on.
struct ChangeTicket: Sendable {
  enum State: String, Sendable {
    /// Another change is still under way.
    case waiting
    /// The new nodes run beside the old ones until they yield valid tokens.
    case warming
    case done
    case failed
  }

  var state = State.waiting
  var plan: SwapPlan?
  var notes: [String] = []
  /// Errors and warnings, files by their whole paths.
  var diagnostics: [Diagnostic] = []
  /// Why it failed, where no diagnostic says so.
  var problem: String?
  var swap: SwapStatus?
  /// Frames per second.
  var rate = 0

  var json: JSONValue {
    .members([
      "state": .text(state.rawValue), "plan": plan?.json, "notes": .texts(notes),
      "diagnostics": .array(diagnostics.map { JSONValue($0) }), "problem": problem.map { .text($0) },
      "swap": swap?.json, "rate": .integer(rate),
    ])
  }
}

/// Where changes are asked for on one thread, done on another, and looked at on any.
final class ChangeBoard: Sendable {
  /// Finished tickets that can still be asked for.
  private static let memory = 64
  /// Changes that may wait.
  private static let queueLimit = 32
  /// A change that waits, and that nobody has looked at for so long, is not made any more: its command was interrupted.
  private static let abandonment = Duration.seconds(5)

  private struct State {
    var nextID = 1
    var queue: [(id: Int, request: ChangeRequest)] = []
    var tickets: [Int: ChangeTicket] = [:]
    /// When whoever asked for a change that waits has last looked at it.
    var looks: [Int: ContinuousClock.Instant] = [:]
    /// Why nothing can be changed for now.
    var refusal: String?
  }

  private let state = Mutex(State())

  /// Refuses changes from now on, with the reason why; nil: takes them again.
  func refuse(_ reason: String?) { state.withLock { $0.refusal = reason } }

  /// Asks for a change.
  ///
  /// - Returns: the number of its ticket.
  func post(_ request: ChangeRequest) throws -> Int {
    try state.withLock { state in
      if let refusal = state.refusal { throw ControlError.failed(refusal) }
      guard state.queue.count < Self.queueLimit else {
        throw ControlError.failed("\(state.queue.count) changes wait already")
      }
      let id = state.nextID
      state.nextID += 1
      state.queue.append((id, request))
      state.tickets[id] = ChangeTicket()
      state.tickets[id - Self.memory] = nil
      return id
    }
  }

  /// For whoever asked for it.
  func ticket(_ id: Int) -> ChangeTicket? {
    state.withLock { state in
      if state.queue.contains(where: { $0.id == id }) { state.looks[id] = .now }
      return state.tickets[id]
    }
  }

  func put(_ ticket: ChangeTicket, _ id: Int) { state.withLock { $0.tickets[id] = ticket } }

  /// Ends changes that wait, as failed.
  ///
  /// - Parameter isMeant: whether it is one of these.
  /// - Returns: them, as they ended.
  func refuseWaiting(
    _ problem: String, where isMeant: (ChangeRequest) -> Bool
  ) -> [(request: ChangeRequest, ticket: ChangeTicket)] {
    state.withLock { state in
      let refused = state.queue.filter { isMeant($0.request) }
      state.queue.removeAll { isMeant($0.request) }
      return refused.map { id, request in
        state.looks[id] = nil
        state.tickets[id]?.state = .failed
        state.tickets[id]?.problem = problem
        return (request, state.tickets[id] ?? ChangeTicket())
      }
    }
  }

  /// Forgets changes that wait, and that nobody waits for any more: whoever looked at them has ceased to.
  func forgetAbandoned() {
    let now = ContinuousClock.now
    state.withLock { state in
      for (id, last) in state.looks where now - last > Self.abandonment {
        state.queue.removeAll { $0.id == id }
        state.looks[id] = nil
        state.tickets[id]?.state = .failed
        state.tickets[id]?.problem = "whoever asked for it did not wait for it"
      }
    }
  }

  /// The first that waits and is meant; it is taken.
  func takeFirst(where isMeant: (ChangeRequest) -> Bool) -> (id: Int, request: ChangeRequest)? {
    state.withLock { state in
      guard let index = state.queue.firstIndex(where: { isMeant($0.request) }) else { return nil }
      state.looks[state.queue[index].id] = nil
      return state.queue.remove(at: index)
    }
  }

  /// The first that waits, if it may begin now; it is taken.
  func take(_ mayBegin: (ChangeRequest) -> Bool) -> (id: Int, request: ChangeRequest)? {
    state.withLock { state in
      guard let first = state.queue.first, mayBegin(first.request) else { return nil }
      state.looks[first.id] = nil
      return state.queue.removeFirst()
    }
  }
}

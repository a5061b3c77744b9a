import RunControl
import Synchronization

/// The waiting changes, and the records of all changes: requested on one thread, carried out on another, read on any.
public final class ChangeQueue: Sendable {
  /// Finished changes whose records are kept.
  private static let memory = 64
  /// Changes that may wait.
  private static let limit = 32
  /// A waiting change is dropped when its record was not read for this time: its command was interrupted.
  private static let abandonment = Duration.seconds(5)

  private struct State {
    var nextID = 1
    var waiting: [(id: Int, request: ChangeRequest)] = []
    var records: [Int: ChangeRecord] = [:]
    /// When the record of a waiting change was last read.
    var reads: [Int: ContinuousClock.Instant] = [:]
    /// Why no change is accepted now.
    var refusal: String?
  }

  private let state = Mutex(State())
  private let now: @Sendable () -> ContinuousClock.Instant

  public init(now: @escaping @Sendable () -> ContinuousClock.Instant = { .now }) { self.now = now }

  /// Refuses changes from now on, for this reason; nil: accepts them again.
  public func refuse(_ reason: String?) { state.withLock { $0.refusal = reason } }

  /// Requests a change.
  ///
  /// - Throws: `ControlError` if changes are refused, or too many wait.
  /// - Returns: the number of its record.
  @discardableResult
  public func submit(_ request: ChangeRequest) throws -> Int {
    try state.withLock { state in
      if let refusal = state.refusal { throw ControlError.failed(refusal) }
      guard state.waiting.count < Self.limit else {
        throw ControlError.failed("\(state.waiting.count) changes wait already")
      }
      let id = state.nextID
      state.nextID += 1
      state.waiting.append((id, request))
      state.records[id] = ChangeRecord()
      state.records[id - Self.memory] = nil
      return id
    }
  }

  /// No change waits.
  var isEmpty: Bool { state.withLock { $0.waiting.isEmpty } }

  /// For the command that requested the change: reading the record keeps a waiting change alive.
  public func record(_ id: Int) -> ChangeRecord? {
    state.withLock { state in
      if state.waiting.contains(where: { $0.id == id }) { state.reads[id] = now() }
      return state.records[id]
    }
  }

  func update(_ record: ChangeRecord, _ id: Int) { state.withLock { $0.records[id] = record } }

  /// Fails waiting changes.
  ///
  /// - Parameter isMeant: selects the changes.
  /// - Returns: the failed changes.
  func failWaiting(
    _ problem: ChangeProblem, where isMeant: (ChangeRequest) -> Bool
  ) -> [(request: ChangeRequest, record: ChangeRecord)] {
    state.withLock { state in
      let failed = state.waiting.filter { isMeant($0.request) }
      return failed.map { id, request in (request, Self.fail(id, problem, &state)) }
    }
  }

  /// Fails waiting changes whose records are no longer read.
  func failAbandoned() {
    let now = now()
    state.withLock { state in
      for (id, last) in state.reads where now - last > Self.abandonment { Self.fail(id, .abandoned, &state) }
    }
  }

  @discardableResult
  private static func fail(_ id: Int, _ problem: ChangeProblem, _ state: inout State) -> ChangeRecord {
    state.waiting.removeAll { $0.id == id }
    state.reads[id] = nil
    state.records[id]?.state = .failed
    state.records[id]?.problem = problem
    return state.records[id] ?? ChangeRecord()
  }

  /// Takes the first waiting change that is selected.
  func takeFirst(where isMeant: (ChangeRequest) -> Bool) -> (id: Int, request: ChangeRequest)? {
    state.withLock { state in
      guard let index = state.waiting.firstIndex(where: { isMeant($0.request) }) else { return nil }
      state.reads[state.waiting[index].id] = nil
      return state.waiting.remove(at: index)
    }
  }

  /// Takes the first waiting change, if it may begin now.
  func takeNext(if mayBegin: (ChangeRequest) -> Bool) -> (id: Int, request: ChangeRequest)? {
    state.withLock { state in
      guard let first = state.waiting.first, mayBegin(first.request) else { return nil }
      state.reads[first.id] = nil
      return state.waiting.removeFirst()
    }
  }
}

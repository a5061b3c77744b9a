import GraphEngine
import GraphText
import NodeHost

/// Carries out the requested changes of a running graph, one after the other.
///
/// Thread: control, except `queue`. Call `service` in every polling round.
public final class ChangeRunner {
  public let queue: ChangeQueue
  let engine: Engine
  let rate: Int
  var catalog: PluginCatalog
  var history: GraphHistory
  var active: ActiveChange?
  /// Continues the active change when the work that it waits for is done; false while there is no result.
  var continuation: (() -> Bool)?
  let now: @Sendable () -> ContinuousClock.Instant
  /// Files with errors in the last `apply`.
  public private(set) var faultyFiles: [String] = []
  let ended: (ChangeRequest, ChangeRecord) -> Void

  /// - Parameters:
  ///   - source: where the running graph comes from.
  ///   - rate: frames per second.
  ///   - now: the clock that limits waiting.
  ///   - ended: receives the result of each change, for the run's own log.
  public init(
    _ engine: Engine, catalog: PluginCatalog, source: GraphSource, rate: Int,
    now: @escaping @Sendable () -> ContinuousClock.Instant = { .now },
    ended: @escaping (ChangeRequest, ChangeRecord) -> Void
  ) {
    self.engine = engine
    self.catalog = catalog
    self.rate = rate
    self.now = now
    self.ended = ended
    history = GraphHistory(source)
    queue = ChangeQueue(now: now)
  }

  /// Where the running graph comes from.
  public var source: GraphSource { history.source }

  /// No change is in progress, and none waits.
  var isFree: Bool { active == nil && !engine.isSwapping && queue.isEmpty }

  /// Continues the active change, and begins a waiting one.
  public func service() {
    followSwap()
    limitWarmUp()
    if let continuation, !continuation() { return }
    followSwap()
    while active == nil, let (id, request) = queue.takeNext(if: mayBegin) {
      active = ActiveChange(id, request, rate: rate)
      begin(request)
      followSwap()
    }
  }

  private func followSwap() {
    history.update(engine)
    follow()
  }

  /// A change waits for the previous one. If that is in probation, the probation ends.
  private func mayBegin(_ request: ChangeRequest) -> Bool {
    guard engine.isSwapping, let stage = engine.swapStatus?.stage else { return true }
    switch request.kind {
    case .promote, .discard: return true
    case .rollback: return stage != .retiring
    default: break
    }
    // Only people end a candidate: `begin` refuses the change.
    if stage == .shadowing { return true }
    if stage == .probation && !request.isDryRun { engine.endSwap() }
    // A file that is saved again replaces the earlier request.
    if stage == .warming && request.isWatched { engine.endSwap() }
    return false
  }

  func begin(_ request: ChangeRequest) {
    if engine.swapStatus?.stage == .shadowing, ![.promote, .discard].contains(request.kind) {
      return fail(.candidateRuns)
    }
    switch request.kind {
    case .promote, .discard: endShadow(request)
    case .rollback: rollBack(request)
    case .apply, .swap, .set, .shadow: change(request)
    }
  }

  // MARK: The record of the active change

  func note(_ notes: [ChangeNote]) { active?.record.notes += notes }

  func publish() { if let active { queue.update(active.record, active.id) } }

  /// The engine has accepted the change: `follow` tracks its progress.
  func publishWarming() {
    active?.record.state = .warming
    publish()
  }

  func finish() {
    if let request = active?.request, request.saves, !request.isDryRun, let text = request.text { save(text) }
    active?.record.state = .done
    end()
  }

  private func save(_ text: String) {
    history.save(text) { problem, path in note([problem.map { .notSaved(reason: $0) } ?? .saved(path: path)]) }
  }

  func fail(_ problem: ChangeProblem) {
    active?.record.problem = problem
    fail([])
  }

  func fail(_ diagnostics: [Diagnostic]) {
    active?.record.state = .failed
    active?.record.diagnostics += diagnostics
    end()
  }

  private func end() {
    guard let active else { return }
    publish()
    self.active = nil
    if active.request.kind == .apply {
      let hasFailed = active.record.state == .failed
      faultyFiles = hasFailed ? active.record.diagnostics.compactMap { $0.location?.file } : []
    }
    ended(active.request, active.record)
  }
}

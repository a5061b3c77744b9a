import GraphEngine
import GraphText
import NodeHost

/// Carries out the changes of a running graph that were asked for, one after the other.
///
/// Thread: control, but for `queue`. Call `service` in every polling round.
public final class ChangeRunner {
  public let queue: ChangeQueue
  let engine: Engine
  let rate: Int
  var catalog: PluginCatalog
  var history: GraphHistory
  var active: ActiveChange?
  /// What the active change waits for, and how it goes on then: false while there is no result yet.
  var continuation: (() -> Bool)?
  let now: @Sendable () -> ContinuousClock.Instant
  /// Files that the last `apply` failed over.
  public private(set) var faultyFiles: [String] = []
  let ended: (ChangeRequest, ChangeRecord) -> Void

  /// - Parameters:
  ///   - source: what the graph that runs comes from.
  ///   - rate: frames per second.
  ///   - now: the time by which waiting is limited.
  ///   - ended: receives what became of a change, for whoever looks at the run itself.
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

  /// What the graph that runs comes from.
  public var source: GraphSource { history.source }

  /// Goes on with what is under way, and begins what waits.
  public func service() {
    settle()
    limitWarmUp()
    if let continuation, !continuation() { return }
    settle()
    while active == nil, let (id, request) = queue.takeNext(if: mayBegin) {
      active = ActiveChange(id, request, rate: rate)
      begin(request)
      settle()
    }
  }

  private func settle() {
    history.settle(engine)
    follow()
  }

  /// A change waits for the one before it; while that only stands by, it is over.
  private func mayBegin(_ request: ChangeRequest) -> Bool {
    guard engine.isSwapping, let stage = engine.swapStatus?.stage else { return true }
    switch request.kind {
    case .promote, .discard: return true
    case .rollback: return stage != .retiring
    default: break
    }
    // How long a candidate runs is for people to say: `begin` refuses the change.
    if stage == .shadowing { return true }
    if stage == .probation && !request.isDryRun { engine.endSwap() }
    // Who saves again means the later file.
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

  /// The engine has taken the change on: `follow` looks how it gets on.
  func publishWarming() {
    active?.record.state = .warming
    publish()
  }

  func finish() {
    active?.record.state = .done
    end()
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

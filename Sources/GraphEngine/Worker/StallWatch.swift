import CRealtime
import Glibc
import NodeLife
import NumberText
import Synchronization
import SystemCalls

/// Watches for nodes that do not return from `process`.
///
/// Time counts only between looks that follow closely: the time in which the program was stopped, or the computer
/// slept, does not count against a node.
final class StallWatch: @unchecked Sendable {
  /// Limit of a call in seconds: for a node that came with the change in progress, and for any node while the run ends.
  private static let newLimit = 3.0
  private static let endLimit = 1.5
  /// Seconds after which a substitute thread takes over the work of a thread that is in a call. The queues of the other
  /// nodes hold a few seconds.
  private static let substituteLimit = 0.5
  /// The most seconds that count between two looks.
  private static let longestStep = 0.5

  private struct Seen {
    var call: Int
    var seconds = 0.0
    var isTold = false
  }

  private let lock = Condition()
  private let log: @Sendable (LogLevel, String, String) -> Void
  private let calls: NodeCalls
  private let failures: FailureList
  // Under the lock.
  private var seen: [ObjectIdentifier: Seen] = [:]
  /// The links to the sinks that are passed over for now.
  private var overdue: [ObjectIdentifier: [RingLink]] = [:]
  private var realtimeSeen: (cycle: Int64, name: UnsafePointer<CChar>, seconds: Double, isTold: Bool)?
  private var lastLook = realtime_nanoseconds()
  private let stuckNode = Mutex<String?>(nil)
  private let lateNodes = Mutex<[String]>([])
  private let abandonedNodes = Mutex<[String: Int]>([:])
  private let pool = Mutex<Weak<WorkerPool>>(Weak())

  private struct Weak<Object: AnyObject & Sendable>: Sendable {
    weak var object: Object?
  }

  init(_ calls: NodeCalls, _ failures: FailureList, log: @escaping @Sendable (LogLevel, String, String) -> Void) {
    self.calls = calls
    self.failures = failures
    self.log = log
  }

  func setPool(_ pool: WorkerPool?) { self.pool.withLock { $0 = Weak(object: pool) } }

  /// The node on the realtime thread that has not returned; nil: none.
  var stuckRealtimeNode: String? { stuckNode.withLock { $0 } }

  /// Nodes on workers that are late to return.
  var late: [String] { lateNodes.withLock { $0 } }

  /// How many instances of each node were given up, because a thread did not return from them. They are never freed.
  var abandoned: [String: Int] { abandonedNodes.withLock { $0 } }

  // MARK: Looking

  /// Thread: any.
  ///
  /// - Parameters:
  ///   - takesAway: passes a node over if it does not return. Otherwise only reports it: without a deadline, no result
  ///     may depend on time.
  ///   - isChanging: the graph is being changed, and no node may delay that.
  func look(
    _ schedule: Schedule?, _ state: UnsafeMutablePointer<RealtimeState>, takesAway: Bool,
    isChanging: Bool
  ) {
    guard lock.tryLock() else { return }
    defer { lock.unlock() }
    let now = realtime_nanoseconds()
    let step = min(Double(now - lastLook) / 1e9, Self.longestStep)
    lastLook = now
    lookAtRealtime(state, step, takesAway: takesAway)
    var late: [String] = []
    var next: [ObjectIdentifier: Seen] = [:]
    for worker in schedule?.workers ?? [] {
      let id = ObjectIdentifier(worker)
      guard let call = worker.call.pointee.current, var now = seen[id], now.call == call else {
        comeBack(worker)
        next[id] = worker.call.pointee.current.map { Seen(call: $0) }
        continue
      }
      now.seconds += step
      if now.seconds > NodeCalls.limit { late.append(worker.name) }
      look(at: worker, in: schedule!, &now, takesAway: takesAway, isChanging: isChanging)
      next[id] = now
    }
    seen = next
    lateNodes.withLock { $0 = late }
    calls.tellLate()
  }

  private func look(
    at worker: WorkerStep, in schedule: Schedule, _ now: inout Seen, takesAway: Bool, isChanging: Bool
  ) {
    if takesAway && now.seconds > Self.substituteLimit { substitute(worker) }
    let isNew = isChanging && worker.isNew.load(ordering: .relaxed)
    let limit = calls.isEnding ? Self.endLimit : isNew ? Self.newLimit : NodeCalls.limit
    guard now.seconds > limit else { return }
    if takesAway && worker.isSink && !isChanging && !calls.isEnding {
      makeOverdue(worker, in: schedule)
    } else if takesAway || calls.isEnding {
      _ = worker.takeAway(now.call)
    } else if !now.isTold {
      now.isTold = true
      log(.warning, worker.name, Self.waiting)
    }
  }

  private static let waiting =
    "has not returned from 'process' for \(NumberText.plain(NodeCalls.limit, decimals: 3)) s, and everything waits for it; Ctrl-C ends the run"

  /// Reports a node whose call was taken away. Called once per node, by the thread that took the call away.
  func tookAway(_ worker: WorkerStep) {
    let reason = "does not return from 'process'"
    failures.note(worker.name, reason)
    abandonedNodes.withLock { $0[worker.name, default: 0] += 1 }
    log(.error, worker.name, "\(reason); the node is quarantined, its thread given up, the graph runs on")
    guard let pool = pool.withLock({ $0.object }) else { return }
    let wasOverdue = worker.isOverdue.exchange(false, ordering: .relaxed)
    substitute(worker)
    // The thread does not return, so its substitute stays.
    worker.hasSubstitute.store(false, ordering: .relaxed)
    if !worker.isRunByPool.load(ordering: .relaxed) && !wasOverdue { pool.lose(isOwn: false) }
    AbandonedObjects.keep(pool)
  }

  /// Starts another thread of the pool for the one that is in a node.
  private func substitute(_ worker: WorkerStep) {
    guard worker.isRunByPool.load(ordering: .relaxed), let pool = pool.withLock({ $0.object }),
      !worker.hasSubstitute.exchange(true, ordering: .relaxed)
    else { return }
    pool.lose(isOwn: true)
  }

  /// Marks a sink as overdue. It may return when a disk or a network answers; until then nothing waits for it.
  private func makeOverdue(_ worker: WorkerStep, in schedule: Schedule) {
    guard !worker.isOverdue.exchange(true, ordering: .relaxed) else { return }
    // Not from the worker's inputs: the thread that has its turn may change them.
    let links = schedule.links(to: worker)
    for link in links { link.ring.pointee.setOverdue(true) }
    overdue[ObjectIdentifier(worker)] = links
    substitute(worker)
    if !worker.isRunByPool.load(ordering: .relaxed) { pool.withLock { $0.object }?.lose(isOwn: false) }
    log(
      .error, worker.name,
      "has not returned from 'process' for \(NumberText.plain(NodeCalls.limit, decimals: 3)) s: tokens for it are dropped until it returns"
    )
  }

  private func comeBack(_ worker: WorkerStep) {
    if worker.hasSubstitute.exchange(false, ordering: .relaxed) { pool.withLock { $0.object }?.regain() }
    let links = overdue.removeValue(forKey: ObjectIdentifier(worker)) ?? []
    guard worker.isOverdue.exchange(false, ordering: .relaxed) else { return }
    for link in links { link.ring.pointee.setOverdue(false) }
    log(.warning, worker.name, "has returned from 'process' and goes on")
  }

  private func lookAtRealtime(
    _ state: UnsafeMutablePointer<RealtimeState>, _ step: Double, takesAway: Bool
  ) {
    let cycle = state.pointee.counters.cycles.load(ordering: .relaxed)
    let name = state.pointee.running.load(ordering: .acquiring)
    guard let name, var now = realtimeSeen, now.cycle == cycle, now.name == name else {
      realtimeSeen = name.map { (cycle, $0, 0, false) }
      stuckNode.withLock { $0 = nil }
      return
    }
    now.seconds += step
    if now.seconds > (calls.isEnding ? Self.endLimit : NodeCalls.limit) {
      if takesAway || calls.isEnding { stuckNode.withLock { $0 = String(cString: name) } }
      if !now.isTold {
        now.isTold = true
        let end = "does not return from 'process' on the realtime thread: no more sound is processed"
        log(takesAway ? .error : .warning, String(cString: name), takesAway ? end : Self.waiting)
      }
    }
    realtimeSeen = now
  }
}

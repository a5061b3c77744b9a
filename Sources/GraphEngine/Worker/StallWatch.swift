import CRealtime
import Foundation
import NumberText
import Synchronization

/// Looks again and again for nodes that do not come back from `process`.
///
/// Time counts only while it is looked: a program that was stopped, or a machine that slept, is nobody's fault.
final class StallWatch: @unchecked Sendable {
  /// Seconds that a call may take, also of a node that a change has just brought, and of any while the run ends.
  private static let newLimit = 3.0
  private static let endLimit = 1.5
  /// Seconds after which another thread does what the one in the call would do: the healthy nodes' queues hold a few.
  private static let substituteLimit = 0.5
  /// The most that may pass between two looks and still counts.
  private static let longestStep = 0.5

  private struct Seen {
    var call: Int
    var seconds = 0.0
    var isTold = false
  }

  private let lock = NSLock()
  private let log: @Sendable (LogLevel, String, String) -> Void
  private let calls: NodeCalls
  // Under the lock.
  private var seen: [ObjectIdentifier: Seen] = [:]
  /// What feeds the sinks that have been passed over for now.
  private var overdue: [ObjectIdentifier: [RingLink]] = [:]
  private var realtimeSeen: (cycle: Int64, name: UnsafePointer<CChar>, seconds: Double, isTold: Bool)?
  private var lastLook = realtime_nanoseconds()
  private let stuckNode = Mutex<String?>(nil)
  private let lateNodes = Mutex<[String]>([])
  private let pool = Mutex<Weak<WorkerPool>>(Weak())

  private struct Weak<Object: AnyObject & Sendable>: Sendable {
    weak var object: Object?
  }

  init(_ calls: NodeCalls, log: @escaping @Sendable (LogLevel, String, String) -> Void) {
    self.calls = calls
    self.log = log
  }

  func setPool(_ pool: WorkerPool?) { self.pool.withLock { $0 = Weak(object: pool) } }

  /// The node on the realtime thread that has not come back; nil: none.
  var stuckRealtimeNode: String? { stuckNode.withLock { $0 } }

  /// Nodes on workers that have not come back for long.
  var late: [String] { lateNodes.withLock { $0 } }

  // MARK: Looking

  /// Thread: any.
  ///
  /// - Parameters:
  ///   - takesAway: a node that does not come back is passed over from then on. Without it, it is only told of: where
  ///     nothing has a deadline, no result depends on time.
  ///   - isChanging: the graph is being changed, and no node may hold that up.
  func look(
    _ schedule: Schedule?, _ state: UnsafeMutablePointer<RealtimeState>, takesAway: Bool,
    isChanging: Bool
  ) {
    guard lock.try() else { return }
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

  /// Told of every node once, by whoever took its call away.
  func tookAway(_ worker: WorkerStep) {
    log(
      .error, worker.name,
      "does not return from 'process'; the node is quarantined, its thread given up, the graph runs on")
    guard let pool = pool.withLock({ $0.object }) else { return }
    let wasOverdue = worker.isOverdue.exchange(false, ordering: .relaxed)
    substitute(worker)
    // The thread does not come back: its substitute stays.
    worker.hasSubstitute.store(false, ordering: .relaxed)
    if !worker.isRunByPool.load(ordering: .relaxed) && !wasOverdue { pool.lose(isOwn: false) }
    AbandonedObjects.keep(pool)
  }

  /// Another thread of the pool takes the place of the one that is in a node.
  private func substitute(_ worker: WorkerStep) {
    guard worker.isRunByPool.load(ordering: .relaxed), let pool = pool.withLock({ $0.object }),
      !worker.hasSubstitute.exchange(true, ordering: .relaxed)
    else { return }
    pool.lose(isOwn: true)
  }

  /// A sink may come back: a disk or a network did not answer. Until then nobody waits for it.
  private func makeOverdue(_ worker: WorkerStep, in schedule: Schedule) {
    guard !worker.isOverdue.exchange(true, ordering: .relaxed) else { return }
    // Not by the worker's inputs: whoever has its turn may change them.
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

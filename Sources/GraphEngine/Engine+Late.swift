import CNodeABI
import CRealtime
import Foundation
import RealtimeCore

/// Nodes that do not return, and an end that comes all the same.
extension Engine {
  /// Within so many seconds all that is under way is over, whatever nodes do: nothing is waited for any longer, and what
  /// was heard by then is written by the sinks that still return. The sooner of two counts.
  ///
  /// Thread: any.
  public func endBy(seconds: Double) { services.calls.endBy(seconds: seconds) }

  /// What had to wait for something else than nodes has so many seconds from now at least. Thread: any.
  public func endNotBefore(seconds: Double) { services.calls.endNotBefore(seconds: seconds) }

  /// Called again and again while a node is waited for that takes its time over a change. Thread: control.
  public func whileWaiting(_ body: @escaping () -> Void) {
    services.calls.whileWaiting { [weak self] in
      self?.lookForLateNodes()
      body()
    }
  }

  /// Tells of nodes that have been away for too long, and passes them over where the run has a deadline. `service` calls
  /// it; who may be held up by a node has another thread call it. Thread: any.
  public func lookForLateNodes() {
    stalls.look(
      scheduleLock.withLock { schedule }, state, takesAway: options.passesOverLateNodes,
      isChanging: isChanging.load(ordering: .relaxed))
  }

  /// The node on the realtime thread that does not return: nothing is heard any more. Nil: there is none. Thread: any.
  public var stuckRealtimeNode: String? { stalls.stuckRealtimeNode }
  var isRealtimeStuck: Bool { stuckRealtimeNode != nil }

  /// Nodes that have not returned from a call for long, and which call. Thread: any.
  public var lateNodes: [(node: String, function: String)] {
    let stuck = stuckRealtimeNode
    return stalls.late.filter { $0 != stuck }.map { ($0, "process") } + services.calls.late
      + (stuck.map { [($0, "process")] } ?? [])
  }

  /// Has every sink that can close its output and open it anew: another program has moved the files away.
  public func reopenOutputs() {
    guard let schedule else { return }
    for node in schedule.nodes {
      guard let ability = node.runtime.instance.nodeClass.ability(AUSCULT_REOPEN) else { continue }
      let functions = ability.assumingMemoryBound(to: auscult_reopen.self)
      if node.runtime.instance.state == .active {
        node.runtime.instance.tell("reopen") { functions.pointee.reopen($0) }
      }
    }
  }

  /// The driver's thread does not come back from a node: what was heard is written all the same, as far as nodes return.
  /// The program must end after it, for nothing is in order any more.
  ///
  /// Thread: any.
  public func finishWithoutDriver(seconds: Double) {
    guard let schedule = scheduleLock.withLock({ schedule }),
      !isEnding.exchange(true, ordering: .acquiringAndReleasing)
    else { return }
    let deadline = realtime_nanoseconds() + Int64(seconds * 1e9)
    pool?.runUntilIdle { realtime_nanoseconds() < deadline - Int64(seconds * 5e8) }
    pool?.stop { realtime_nanoseconds() > deadline - Int64(seconds * 4e8) }
    for worker in schedule.workers {
      if let call = worker.call.pointee.current { _ = worker.takeAway(call) }
    }
    for node in schedule.nodes where node.runtime.placement == .worker { takeDown(node.runtime, seconds: 0) }
    for node in schedule.nodes where node.runtime.placement == .worker {
      node.runtime.instance.awaitIdle { realtime_nanoseconds() < deadline }
    }
  }

  // MARK: Taking down

  /// Ends the workers' threads, and takes their calls away from those that do not come back.
  func takeDownWorkers(_ schedule: Schedule) {
    pool?.stop { [self] in
      lookForLateNodes()
      return services.calls.isOver
    }
    for worker in schedule.workers { worker.retire() }
  }

  /// Has a node finish what it has, unless a thread of ours is in it for good.
  func takeDown(_ runtime: NodeRuntime, seconds: Double? = nil, noticesThrough through: Int64 = .min) {
    if runtime.worker?.isTaken ?? false || (runtime.placement == .realtime && isRealtimeStuck) {
      return runtime.instance.giveUp()
    }
    let limit = seconds ?? (services.calls.isEnding ? 0.25 : NodeCalls.limit)
    runtime.instance.deactivate(seconds: limit, noticesThrough: through)
  }

  /// Gives nodes that still finish the time that there is.
  func awaitNodes(_ schedule: Schedule) {
    for node in schedule.nodes {
      node.runtime.instance.awaitIdle { [self] in services.calls.isEnding && !services.calls.isOver }
    }
    for node in schedule.nodes where !node.runtime.instance.isIdle {
      failedNodes.insert(node.name)
      log(.error, node.name, "has not returned from 'deactivate': what it had not yet written may be lost")
    }
    services.calls.tellLate()
  }
}

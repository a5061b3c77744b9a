import CNodeABI
import CRealtime
import Glibc
import RealtimeCore

/// Nodes that do not return, and how a run ends in spite of them.
extension Engine {
  /// Sets the time by which everything in progress must be over, whatever nodes do. After it nothing is waited for;
  /// sinks that still return write what arrived by then. Of two limits the earlier counts.
  ///
  /// Thread: any.
  public func endBy(seconds: Double) { for engine in withFollowers { engine.services.calls.endBy(seconds: seconds) } }

  /// Guarantees at least `seconds` from now to work that had to wait for something other than nodes. Thread: any.
  public func endNotBefore(seconds: Double) {
    for engine in withFollowers { engine.services.calls.endNotBefore(seconds: seconds) }
  }

  /// Sets a function that is called repeatedly while a change waits for a slow node. Thread: control.
  public func whileWaiting(_ body: @escaping () -> Void) {
    services.calls.whileWaiting { [weak self] in
      self?.lookForLateNodes()
      body()
    }
  }

  /// Reports nodes that are late to return, and passes them over if the run has a deadline. `service` calls it. A
  /// thread that a node may block must let another thread call it. Thread: any.
  public func lookForLateNodes() {
    for engine in withFollowers {
      engine.stalls.look(
        engine.scheduleLock.withLock { _ in engine.schedule }, engine.state, takesAway: options.passesOverLateNodes,
        isChanging: engine.isChanging.load(ordering: .relaxed))
    }
  }

  /// The node on the realtime thread that does not return: no more sound is processed. Nil: there is none. Thread: any.
  public var stuckRealtimeNode: String? { withFollowers.lazy.compactMap(\.stalls.stuckRealtimeNode).first }
  var isRealtimeStuck: Bool { stalls.stuckRealtimeNode != nil }

  /// Nodes that are late to return, with the function they are in. Thread: any.
  public var lateNodes: [(node: String, function: String)] {
    withFollowers.flatMap(\.ownLateNodes)
  }

  /// How many instances of each node were given up in this run, because a thread did not return from `process`. Neither
  /// they nor their threads are freed before the program ends. Thread: any.
  public var abandonedInstances: [String: Int] {
    withFollowers.reduce(into: [:]) { $0.merge($1.stalls.abandoned, uniquingKeysWith: +) }
  }

  private var ownLateNodes: [(node: String, function: String)] {
    let stuck = stalls.stuckRealtimeNode
    return stalls.late.filter { $0 != stuck }.map { ($0, "process") } + services.calls.late
      + (stuck.map { [($0, "process")] } ?? [])
  }

  /// Lets every sink that can do so close its output and open it again, after another program has moved the files.
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

  /// Ends the run when the driver's thread is stuck in a node. Nodes that still return write what arrived. The program
  /// must end afterwards, because the engine is no longer in order.
  ///
  /// Thread: any.
  public func finishWithoutDriver(seconds: Double) {
    for engine in withFollowers where engine.owner == nil || engine.hasOpenSinks.load(ordering: .acquiring) {
      engine.finishOwnWithoutDriver(seconds: seconds)
    }
  }

  private func finishOwnWithoutDriver(seconds: Double) {
    guard let schedule = scheduleLock.withLock({ _ in schedule }),
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

  /// Ends the workers' threads. Takes calls away from threads that do not return.
  func takeDownWorkers(_ schedule: Schedule) {
    pool?.stop { [self] in
      lookForLateNodes()
      return services.calls.isOver
    }
    for worker in schedule.workers { worker.retire() }
  }

  /// Lets a node finish its work, unless one of our threads is stuck in it.
  func takeDown(_ runtime: NodeRuntime, seconds: Double? = nil, noticesThrough through: Int64 = .min) {
    if runtime.worker?.isTaken ?? false || (runtime.placement == .realtime && isRealtimeStuck) {
      return runtime.instance.giveUp()
    }
    let limit = seconds ?? (services.calls.isEnding ? 0.25 : NodeCalls.limit)
    runtime.instance.deactivate(seconds: limit, noticesThrough: through)
  }

  /// Lets every node finish its work. Sinks that record notices come last, so that they get what the others announce.
  func takeDownNodes(_ schedule: Schedule) {
    let runtimes = schedule.nodes.map(\.runtime).filter { owns($0) }
    for runtime in runtimes where !runtime.instance.readsNotices { takeDown(runtime) }
    for runtime in runtimes where runtime.instance.readsNotices { takeDown(runtime, noticesThrough: .max) }
  }

  /// Gives nodes that still finish the remaining time.
  func awaitNodes(_ schedule: Schedule) {
    for node in schedule.nodes where owns(node.runtime) {
      node.runtime.instance.awaitIdle { [self] in services.calls.isEnding && !services.calls.isOver }
    }
    for node in schedule.nodes where owns(node.runtime) && !node.runtime.instance.isIdle {
      failedNodes.insert(node.name)
      log(.error, node.name, "has not returned from 'deactivate': what it had not yet written may be lost")
    }
    services.calls.tellLate()
  }
}

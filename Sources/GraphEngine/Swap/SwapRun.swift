import CNodeABI
import CRealtime
import Glibc
import Synchronization

/// A swap in progress: the new nodes run before the old ones stop. It follows the realtime thread and the workers.
///
/// Thread: control.
final class SwapRun {
  // The engine owns the swap and ends it first, also in its deinit, where a checked reference is no longer valid.
  unowned(unsafe) let engine: Engine
  private let draft: SwapDraft
  private let options: SwapOptions
  private let graphBefore: Graph
  private let previousBefore: Graph?
  let transition: Schedule
  private let tunings: [Tuning]
  private let meter: ShadowMeter?
  private(set) var status: SwapStatus
  private var isEndRequested = false
  private var isPromoted = false
  private var isRollbackRequested = false
  /// The swap is taken back because of a fault.
  private var wentWrong = false
  private(set) var isReturning = false
  private var stageBegan = realtime_nanoseconds()
  private var probationBegan: (position: Int64, times: [Int64]) = (0, [])

  init(
    _ engine: Engine, _ draft: SwapDraft, transition: Schedule, tunings: [Tuning], meter: ShadowMeter?,
    options: SwapOptions, phases: [SwapStatus.Phase]
  ) {
    self.tunings = tunings
    self.meter = meter
    self.engine = engine
    self.draft = draft
    self.transition = transition
    self.options = options
    graphBefore = engine.graph
    previousBefore = engine.previousGraph
    status = SwapStatus(
      stage: options.isShadow ? .shadowing : .warming, plan: draft.plan, generation: draft.generation, phases: phases)
  }

  private var point: UnsafeMutablePointer<SwapPoint> { transition.point! }

  // MARK: Requests

  /// Ends probation early, or gives up new nodes that do not judge yet.
  func requestEnd() { isEndRequested = true }

  /// Lets the old nodes take over again, or keep running.
  func rollback() { isRollbackRequested = true }

  /// Lets a candidate take over as soon as it yields valid tokens.
  func promote() { isPromoted = true }

  // MARK: Step by step

  /// Advances as many stages as possible.
  func advance() {
    updateShadowReport()
    var stage: SwapStatus.Stage
    repeat {
      stage = status.stage
      step()
    } while status.stage != stage
  }

  private func updateShadowReport() {
    guard let meter else { return }
    meter.poll()
    status.shadow = meter.report
    let candidates = Set(draft.added.map(\.number))
    status.shadow?.dropped = transition.links.filter { candidates.contains($0.key.to) }
      .reduce(0) { $0 + $1.value.ring.pointee.dropped }
  }

  private func step() {
    switch status.stage {
    case .warming, .shadowing: warm()
    case .exchanging: exchange()
    case .probation: prove()
    case .retiring: retire()
    case .done, .rolledBack: break
    }
  }

  private func enter(_ stage: SwapStatus.Stage, _ phase: String) {
    let now = realtime_nanoseconds()
    status.phases.append(SwapStatus.Phase(name: phase, milliseconds: Double(now - stageBegan) / 1e6))
    stageBegan = now
    status.stage = stage
  }

  private func warm() {
    if let failure = failedNode() {
      wentWrong = true
      return giveUp("node '\(failure)' failed before the exchange")
    }
    if isEndRequested || isRollbackRequested { return giveUp("it was given up before the exchange") }
    guard status.stage == .warming || isPromoted, isWarm else { return }
    let begin = draft.added.flatMap(\.progress).map { $0.pointee.start.load(ordering: .relaxed) }.min()
    status.inputBegin = begin.flatMap { $0 == Int64.max ? nil : $0 }
    enter(.exchanging, "warm-up")
    ask(forward: true)
  }

  private func ask(forward: Bool) {
    if forward {
      point.pointee.forwardGeneration = UInt32(draft.generation)
    } else {
      engine.lastGeneration += 1
      status.returnGeneration = engine.lastGeneration
      engine.services.graphHashes.set(graphBefore.hash, of: engine.lastGeneration)
      point.pointee.backGeneration = UInt32(engine.lastGeneration)
      holdSinks()
    }
    engine.state.pointee.exchange.store(forward ? point.pointee.forward : point.pointee.back, ordering: .releasing)
  }

  private func exchange() {
    let position = (isReturning ? point.pointee.back : point.pointee.forward).pointee.load(ordering: .acquiring)
    guard position != SwapPoint.unset else { return }
    if isReturning { status.returnPosition = position } else { status.position = position }
    releaseHeld()
    guard point.pointee.switches.load(ordering: .acquiring) >= expectedSwitches * (isReturning ? 2 : 1) else { return }
    if isReturning {
      engine.install(after: draft.before)
      enter(.retiring, "return")
    } else {
      enter(.probation, "exchange")
      probationBegan = (position, times())
    }
  }

  /// Number of inputs that change over at the exchange.
  private var expectedSwitches: Int {
    transition.nodes.flatMap { node in
      node.inputs.filter { $0.changesOver && (node.runtime.worker != nil || ($0.other != nil && $0.from != nil)) }
    }.count + tunings.filter { $0.runtime.worker != nil }.count
  }

  /// Lets a sink that takes over an output begin once the old sink has received all its tokens.
  private func releaseHeld() {
    for node in transition.nodes {
      guard let worker = node.runtime.worker, worker.isHeld.load(ordering: .relaxed) else { continue }
      let waitsFor = transition.nodes.first { $0.name == node.name && $0.runtime !== node.runtime }
      guard waitsFor?.runtime.worker?.isFinished ?? true else { continue }
      if let before = waitsFor?.runtime {
        engine.takeDown(before, seconds: 0.5, noticesThrough: status.returnPosition ?? status.position ?? .min)
        let isLate = realtime_nanoseconds() - stageBegan > Int64(NodeCalls.limit * 1e9)
        guard before.instance.isIdle || isLate else { continue }
      }
      if isReturning { reopen(node) }
      worker.isHeld.store(false, ordering: .releasing)
    }
  }

  /// Before a return, holds the sinks that have handed over their output until they get it back.
  private func holdSinks() {
    for node in transition.nodes where node.side == .old && node.isSink && node.runtime.instance.state != .active {
      node.runtime.worker?.isHeld.store(true, ordering: .releasing)
    }
  }

  /// Lets a sink continue the output that another sink has written to. If it can't, it is quarantined and does not keep
  /// the other nodes from returning.
  private func reopen(_ node: LinkedRuntime) {
    let instance = node.runtime.instance
    instance.host.continues = true
    do {
      let others = transition.memory - transition.memory(node.runtime)
      let memory = max(1, engine.options.memory.left(besides: others))
      try node.runtime.configureAgain(node, rate: engine.rate, memory: memory)
      try instance.activate()
    } catch {
      node.runtime.worker?.fail()
      engine.nodeFailed(node.name, "can't continue its output: \(NodeFailure(error).text)")
    }
  }

  private func prove() {
    let fault = failedNode().map { "node '\($0)' failed" } ?? overrun()
    if let reason = fault ?? (isRollbackRequested ? "it was asked for" : nil) {
      wentWrong = fault != nil
      status.reason = reason
      isReturning = true
      enter(.exchanging, "probation")
      return ask(forward: false)
    }
    let end = probationBegan.position + Int64(options.probation * Double(engine.rate))
    guard isEndRequested || engine.realtime.position >= end else { return }
    enter(.retiring, "probation")
    engine.install(after: draft.after)
  }

  private func retire() {
    guard !engine.retiring.contains(where: { $0 === transition }) else { return }
    engine.schedule?.connectWorkers()
    engine.pool?.setNodes(engine.schedule?.workers ?? [])
    for tuning in tunings { tuning.runtime.worker?.modify { $0.tuning = nil } }
    let stays = Set(engine.schedule?.nodes.map { $0.runtime.number } ?? [])
    for node in transition.nodes where !stays.contains(node.runtime.number) {
      node.runtime.worker?.retire()
      if status.reason == nil, let position = status.position { recordMissing(of: node, through: position) }
      engine.takeDown(
        node.runtime, seconds: 0.5, noticesThrough: status.returnPosition ?? status.position ?? .min)
    }
    for runtime in draft.added { runtime.worker?.isNew.store(false, ordering: .relaxed) }
    if status.reason == nil {
      engine.finish(draft)
      enter(.done, "retirement")
    } else {
      takeBack()
      enter(.rolledBack, "retirement")
    }
    engine.swapEnded(status)
  }

  private func giveUp(_ reason: String) {
    status.reason = reason
    engine.install(after: draft.before)
    enter(.retiring, "warm-up")
  }

  /// The engine stops, and no node runs any more.
  func abandon() {
    for node in transition.nodes { engine.takeDown(node.runtime) }
    if status.reason == nil && status.position != nil {
      engine.finish(draft)
      status.stage = .done
    } else {
      takeBack()
      status.reason = status.reason ?? "the run ended before the exchange"
      status.stage = .rolledBack
    }
    engine.swapEnded(status)
  }

  /// Makes the old graph the current one. `rollback` can return to a graph that was left on request, but not to one
  /// that failed or to a candidate that was never promoted.
  private func takeBack() {
    status.canBeReturnedTo = isRollbackRequested && !wentWrong && (!options.isShadow || isPromoted)
    engine.previousGraph = status.canBeReturnedTo ? draft.graph : previousBefore
    engine.graph = graphBefore
    if let generation = status.returnGeneration { engine.generation = generation }
  }

  // MARK: Progress of the new nodes

  private func failedNode() -> String? {
    draft.added.first { runtime in
      runtime.worker?.hasFailed ?? false || runtime.state.hasFailed
        || runtime.progress.contains { $0.pointee.hasFailed.load(ordering: .relaxed) }
    }?.name
  }

  /// Whether every new output that takes over yields valid tokens, because its node has had enough input.
  private var isWarm: Bool {
    transition.graphNodes.allSatisfy { node in
      node.inputs.allSatisfy { input in
        guard input.changesOver, let feed = input.other else { return true }
        return isWarm(feed)
      }
    }
  }

  private func isWarm(_ feed: LinkedRuntime.Feed) -> Bool {
    guard draft.added.contains(where: { $0 === feed.runtime }) else { return true }
    let progress = feed.runtime.progress[feed.output]
    let start = progress.pointee.start.load(ordering: .relaxed)
    guard start != Int64.max else { return false }
    let isEvent = feed.runtime.configuration.outputs[feed.output].format.kind == AUSCULT_EVENT
    return progress.pointee.complete.load(ordering: .acquiring) >= start + draft.history(feed.runtime)
      && (isEvent || progress.pointee.tokens.load(ordering: .relaxed) > 0)
  }

  private func times() -> [Int64] { draft.added.map(\.state.nanoseconds) }

  /// The reason if a new node takes more than its share of the thread's time; nil: none does.
  private func overrun() -> String? {
    let frames = engine.realtime.position - probationBegan.position
    // Too short a time to measure.
    guard frames >= Int64(engine.rate) / 4 else { return nil }
    let elapsed = Double(frames) / Double(engine.rate) * 1e9
    for (index, runtime) in draft.added.enumerated() {
      let share = Double(runtime.state.nanoseconds - probationBegan.times[index]) / elapsed
      if share > options.budget {
        return "node '\(runtime.name)' used \(Int(share * 100)) % of real time; the limit is "
          + "\(Int(options.budget * 100)) %"
      }
    }
    return nil
  }
}

import CNodeABI
import CRealtime
import Glibc
import GraphCompiler
import GraphText
import NodeHost
import OutputFiles

/// Changes the graph while it runs. Thread: control, the thread that calls `service`, which advances a swap.
extension Engine {
  /// A swap is under way.
  public var isSwapping: Bool { swapRun != nil }

  /// The swap in progress, or the last one.
  public var swapStatus: SwapStatus? { swapRun?.status ?? lastSwap }

  /// Prepares a change: creates and configures new nodes, but activates none and touches nothing else. A change that is
  /// not applied leaves no trace.
  ///
  /// - Throws: diagnostics at the lines of the new graph's file.
  public func plan(
    _ next: Graph, options: SwapOptions = SwapOptions()
  ) throws(DiagnosticsError) -> GraphChange {
    guard let schedule else { throw next.failure("not-running", "the graph does not run yet") }
    var stopwatch = Stopwatch()
    let draft = try services.calls.within(seconds: options.timeout) { () throws(DiagnosticsError) in
      try compare(next, options)
    }
    stopwatch.lap("configure")
    return GraphChange(draft: draft, base: schedule, options: options, stopwatch: stopwatch)
  }

  /// Carries a change out: activates the new nodes, which then run beside the old ones. `service` advances the swap;
  /// see `swapStatus`.
  ///
  /// - Throws: diagnostics at the lines of the new graph's file; `busy` during another swap; `outdated` if the graph
  ///   has changed since the plan. The running graph then stays as it is.
  /// - Returns: what happens to every node.
  @discardableResult
  public func apply(_ change: consuming GraphChange) throws(DiagnosticsError) -> SwapPlan {
    let (draft, options, stopwatch) = (change.draft, change.options, change.stopwatch)
    guard swapRun == nil else { throw draft.graph.failure("busy", "another change is still under way") }
    // Taps do not count.
    guard schedule?.graphNodes.map(\.runtime.number) == change.base.graphNodes.map(\.runtime.number) else {
      throw draft.graph.failure("outdated", "the graph has changed since the change was planned: plan it again")
    }
    return try services.calls.within(seconds: options.timeout, used: stopwatch.seconds) {
      () throws(DiagnosticsError) in
      try carryOut(draft, options, stopwatch)
    }
  }

  /// Plans a change and carries it out.
  @discardableResult
  public func apply(_ next: Graph, options: SwapOptions = SwapOptions()) throws(DiagnosticsError) -> SwapPlan {
    guard schedule != nil else { throw next.failure("not-running", "the graph does not run yet") }
    guard swapRun == nil else { throw next.failure("busy", "another change is still under way") }
    return try apply(try plan(next, options: options))
  }

  private func carryOut(
    _ draft: SwapDraft, _ options: SwapOptions, _ stopwatch: Stopwatch
  ) throws(DiagnosticsError) -> SwapPlan {
    var stopwatch = stopwatch
    let shadow = options.isShadow ? try ShadowSetup(draft, generations: generations, number: nextNumber) : nil
    if draft.added.isEmpty && draft.removed.isEmpty && draft.tuned.isEmpty {
      try takeOver(draft)
      return draft.plan
    }
    try continueOutputs(draft)
    let tunings = try prepareTunings(draft)
    try activate(draft, draft.added + (shadow?.alarms.map(\.copy) ?? []))
    stopwatch.lap("activate")
    try begin(draft, tunings, shadow, options, stopwatch)
    return draft.plan
  }

  /// Returns to the graph before the last change: at once if its nodes still stand by, otherwise by applying it again.
  /// Called again, it returns to the graph that was left, also to one whose change was given up.
  ///
  /// - Throws: as `apply`; `no-previous` if there was no change yet.
  @discardableResult
  public func rollback(options: SwapOptions = SwapOptions()) throws(DiagnosticsError) -> SwapPlan {
    if let swapRun, swapRun.status.stage != .retiring {
      swapRun.rollback()
      return swapRun.status.plan
    }
    guard let previousGraph else { throw graph.failure("no-previous", "there is no graph to return to") }
    return try apply(previousGraph, options: options)
  }

  /// Lets a candidate take over as soon as it yields valid tokens.
  public func promote() { swapRun?.promote() }

  /// Ends the swap in progress: gives it up before the exchange, ends probation after it.
  public func endSwap() { swapRun?.requestEnd() }

  // MARK: Before the exchange

  private func compare(_ next: Graph, _ swap: SwapOptions) throws(DiagnosticsError) -> SwapDraft {
    guard let schedule else { throw next.failure("not-running", "the graph does not run yet") }
    let nodes = schedule.graphNodes.filter { $0.side == .both }
    try checkOutputs(of: next, beside: nodes)
    let renewed = swap.returning.map { graph.renewed(with: $0) }
    let seen = nodes.map { ($0.name, renewed?.contains($0.name) ?? true ? $0.running : $0.asIs) }
    let running = RunningGraph(
      graph: graph, nodes: Dictionary(uniqueKeysWithValues: seen), services: services, memory: schedule.memory)
    let draft = try Compiler.compile(
      graph: next, instances: next.nodes.map { _ in nil }, running: running, placesNewOnWorkers: swap.isShadow,
      rate: rate, options: options.compiler)
    let runtimes = try draft.runtimes(running: nodes, generations: generations, number: nextNumber)
    return SwapDraft(
      graph: draft.graph, draft: draft, before: nodes, runtimes: runtimes, generation: lastGeneration + 1)
  }

  /// Lets a new sink take over the output of a running node that writes to the same place, if both can do so.
  private func continueOutputs(_ draft: SwapDraft) throws(DiagnosticsError) {
    for runtime in draft.added {
      for path in runtime.node.outputPaths {
        guard let writer = draft.writer(of: path) else { continue }
        if draft.continues(runtime, path) {
          runtime.instance.host.continues = true
          continue
        }
        throw draft.graph.failure(
          "output-in-use",
          "node '\(runtime.name)' would replace \(path), which '\(writer.name)' still writes: give it another path",
          at: runtime.node.location)
      }
    }
  }

  /// Refuses outputs that would replace a file that they must not, before any node is created.
  private func checkOutputs(of next: Graph, beside nodes: [LinkedRuntime]) throws(DiagnosticsError) {
    var outputs = OutputGuard(next)
    outputs.protect(options.outputs)
    let running = nodes.reduce(into: Set<FileIdentity>()) { $0.formUnion($1.runtime.node.outputs) }
    let problems = outputs.problems(next, running: running)
    guard problems.isEmpty else { throw DiagnosticsError(problems) }
  }

  /// Activates the new nodes.
  private func activate(_ draft: SwapDraft, _ runtimes: [NodeRuntime]) throws(DiagnosticsError) {
    for runtime in runtimes {
      guard let diagnostic = activate(runtime, of: draft.graph) else { continue }
      for runtime in runtimes { runtime.instance.deactivate() }
      throw DiagnosticsError([diagnostic])
    }
  }

  private func prepareTunings(_ draft: SwapDraft) throws(DiagnosticsError) -> [Tuning] {
    var tunings: [Tuning] = []
    for (runtime, before, after) in draft.tuned {
      do {
        tunings.append(try Tuning(runtime, before: before, after: after))
      } catch {
        throw DiagnosticsError([draft.graph.diagnostic(NodeFailure(error), node: after)])
      }
    }
    return tunings
  }

  private func begin(
    _ draft: SwapDraft, _ tunings: [Tuning], _ shadow: ShadowSetup?, _ options: SwapOptions, _ stopwatch: Stopwatch
  ) throws(DiagnosticsError) {
    var stopwatch = stopwatch
    do throws(DiagnosticsError) {
      try changeChannels(draft)
    } catch {
      for runtime in draft.added + (shadow?.alarms.map(\.copy) ?? []) { runtime.instance.deactivate() }
      throw error
    }
    let builder: ScheduleBuilder
    do throws(DiagnosticsError) {
      builder = try ScheduleBuilder(
        draft.transition(shadow) + linkedTaps(draft), of: draft.graph, options: self.options, stalls: stalls,
        quantum: Compiler.quantum,
        rate: rate, channels: channels, previous: schedule, isSwap: true,
        tunings: tunings.filter { $0.runtime.worker == nil }.map(\.entry), observed: shadow?.observed ?? [])
    } catch {
      freeChannels(but: draft.before)
      for runtime in draft.added + (shadow?.alarms.map(\.copy) ?? []) { runtime.instance.deactivate() }
      throw error
    }
    let transition = Schedule(builder)
    for tuning in tunings {
      tuning.runtime.worker?.modify { $0.tuning = WorkerTuning(entry: tuning.entry, point: transition.point!) }
    }
    for runtime in draft.added { runtime.worker?.isNew.store(true, ordering: .relaxed) }
    isChanging.store(true, ordering: .relaxed)
    for runtime in draft.added where runtime.instance.host.continues {
      runtime.worker?.isHeld.store(true, ordering: .relaxed)
    }
    for runtime in draft.added { runtime.join?.pointee.isFresh = true }
    transition.connectWorkers()
    pool?.setNodes(transition.workers)
    install(transition)
    stopwatch.lap("install")
    swapRun = SwapRun(
      self, draft, transition: transition, tunings: tunings, meter: shadow?.meter(builder.observed), options: options,
      phases: stopwatch.phases)
    if options.returning == nil { previousGraph = graph }
    graph = draft.graph
    lastGeneration = draft.generation
    services.graphHashes.set(draft.graph.hash, of: draft.generation)
  }

  /// Adds new channels, and updates those that stay.
  private func changeChannels(_ draft: SwapDraft) throws(DiagnosticsError) {
    takeChannels(of: draft.after, in: draft.graph)
    do {
      try channelsChanged()
    } catch {
      freeChannels(but: draft.before)
      throw draft.graph.failure("driver", "\(error)")
    }
  }

  /// Takes over a graph in which only ports or the text differ.
  private func takeOver(_ draft: SwapDraft) throws(DiagnosticsError) {
    try changeChannels(draft)
    if !draft.plan.isEmpty { previousGraph = graph }
    graph = draft.graph
    lastSwap = SwapStatus(
      stage: .done, plan: draft.plan, generation: generation, position: realtime.position, phases: [])
  }

  // MARK: After the exchange

  /// Installs the new nodes alone. The realtime thread takes them at its next cycle.
  func install(after nodes: [LinkedRuntime]) {
    install(
      Schedule(
        // All its rings exist already.
        try! ScheduleBuilder(
          nodes + linkedTaps(nodes), of: graph, options: options, stalls: stalls, quantum: Compiler.quantum, rate: rate,
          channels: channels, previous: schedule)))
  }

  /// Makes the new graph the current one.
  func finish(_ draft: SwapDraft) {
    generation = draft.generation
    instances = draft.draft.instances.compactMap { $0 }
    retuned.formUnion(draft.tuned.map(\.after.name))
  }

  func swapEnded(_ status: SwapStatus) {
    lastSwap = status
    swapRun = nil
    forgetTaps()
    isChanging.store(false, ordering: .relaxed)
    if let schedule { freeChannels(but: schedule.nodes) }
    if status.stage == .rolledBack { log(.warning, "", "the change was taken back: \(status.reason ?? "")") }
  }

  private func freeChannels(but nodes: [LinkedRuntime]) {
    channels.inputs.keep(Engine.inputPorts(nodes, graph))
    channels.outputs.keep(Engine.outputPorts(nodes, graph))
    takeChannels(of: nodes, in: graph)
    try? channelsChanged()
  }

  /// Gives up a swap before its exchange, because the stream ends. No cycle runs meanwhile.
  func finishSwap() {
    while let swapRun, swapRun.status.position == nil || swapRun.status.stage == .retiring || swapRun.isReturning {
      swapRun.requestEnd()
      realtime.cycle(DriverCycle(frames: 0, hasNoDeadline: true))
      service()
      pool?.help()
      if services.calls.isOver { break }
    }
  }
}

extension Graph {
  func failure(_ code: String, _ message: String, at location: SourceLocation? = nil) -> DiagnosticsError {
    DiagnosticsError([diagnostic(code: code, message: message, at: location)])
  }
}

extension Graph.Node {
  /// The files that it writes.
  var outputPaths: [String] { paths(.outputPath).map(\.text).filter { !StandardStreams.isOutput($0) } }
  var outputs: Set<FileIdentity> { Set(outputPaths.compactMap { FileIdentity($0) }) }
}

extension NodeRuntime {
  var canContinueOutput: Bool {
    instance.native.pointee.extension?(instance.native, AUSCULT_CONTINUE) != nil
  }
}

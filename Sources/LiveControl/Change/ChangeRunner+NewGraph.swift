import GraphEngine
import GraphText
import NodeHost

/// `apply`, `swap`, `set` and `shadow`: from the request to the swap of the engine. A child process tries plugins and new
/// nodes first; the run answers other commands meanwhile.
extension ChangeRunner {
  func change(_ request: ChangeRequest) {
    if request.kind == .set, let problem = refusal(request) { return fail(problem) }
    guard request.kind != .set, let probe = catalog.probe else { return prepare(request) }
    let libraries = catalog.files + source.libraries(of: request)
    if probe.knows(libraries) { return prepare(request) }
    let work = BackgroundWork("auscult-probe") { probe.examine(libraries) }
    goOn(after: work) { self.prepare(request) }
  }

  /// Continues when the work is done; `service` checks it in every polling round.
  private func goOn<Result>(after work: BackgroundWork<Result>, then next: @escaping (Result) -> Void) {
    continuation = { [unowned self] in
      guard let result = work.result else { return false }
      continuation = nil
      next(result)
      return true
    }
  }

  /// Why `set` can't change these parameters.
  private func refusal(_ request: ChangeRequest) -> ChangeProblem? {
    guard let node = engine.graph.nodes.first(where: { $0.name == request.node }) else { return nil }
    let fixed = request.keys.first { key in
      let parameter = node.nodeClass.parameter(key)
      return reservedNodeKeys.contains(key) || parameter.map { !$0.flags.contains(.running) } ?? false
    }
    return fixed.map {
      .fixedParameter($0, node: request.node, className: node.nodeClass.name, values: request.values)
    }
  }

  private func prepare(_ request: ChangeRequest) {
    if request.kind != .set { catalog = catalog.refreshed() }
    let preparation = ChangePreparation(request: request, source: source, running: engine.graph)
    do throws(DiagnosticsError) {
      let next = try preparation.read(catalog)
      active?.record.diagnostics += next.warnings
      note(next.notes)
      tryOut(next.graph, from: next.source, request)
    } catch {
      fail(error.diagnostics)
    }
  }

  /// Lets a child process try the new nodes first.
  func tryOut(_ graph: Graph, from source: GraphSource, _ request: ChangeRequest) {
    let trial = ChangeTrial(request: request, graph: graph, source: source, running: engine.graph, rate: rate)
    guard let work = trial.begin(catalog) else { return carryOut(graph, from: source, request) }
    goOn(after: work) { outcome in
      if let problem = trial.problem(outcome) { return self.fail([problem]) }
      self.note(trial.untried(outcome))
      self.carryOut(graph, from: source, request)
    }
  }

  private func carryOut(_ graph: Graph, from source: GraphSource, _ request: ChangeRequest) {
    do throws(DiagnosticsError) {
      var options = SwapOptions()
      if let timeout = request.timeout { options.timeout = timeout }
      options.isShadow = request.kind == .shadow
      options.returning = request.isReturn ? request.node : nil
      let change = try engine.plan(graph, options: options)
      active?.record.plan = change.plan.sayingTakeBack(options)
      publish()
      if request.isDryRun { return finish() }
      lockNewMemory()
      history.begin(source, replacing: engine.graph, isReturn: request.isReturn)
      try engine.apply(change)
      active?.warmUpBegan = now()
      publishWarming()
    } catch {
      history.cancel()
      fail(error.diagnostics.map(source.absolute))
    }
  }
}

import GraphEngine
import GraphText
import NodeHost
import RunControl

/// Changes the graph that runs, one change after the other, as they are asked for.
///
/// Thread: control, but for `board`. `service` is to be called on every tick.
final class ChangeDesk {
  let board = ChangeBoard()
  private let engine: Engine
  private var catalog: PluginCatalog
  private let rate: Int
  /// What the graph that runs comes from, and the one before.
  private(set) var source: GraphSource
  private var before: (source: GraphSource, graph: Graph)?
  /// Of a swap that is under way: what the new graph comes from, and the graph that was.
  private var coming: (source: GraphSource, graph: Graph)?
  private var current: (id: Int, request: ChangeRequest, ticket: ChangeTicket)?
  /// What the change under way waits for, and how it goes on then: false while there is nothing yet.
  private var waiting: (() -> Bool)?
  /// When the new nodes of the change under way began to run beside the old ones.
  private var warming: ContinuousClock.Instant?
  /// How long other changes wait for them.
  private static let patience = Duration.seconds(10)
  /// `rollback` was asked for while the old nodes stood by.
  private var isTakingBack = false
  /// Files that the last attempt failed over.
  private(set) var faultyFiles: [String] = []
  private let tell: (ChangeRequest, ChangeTicket) -> Void

  /// - Parameter tell: receives what became of a change, for whoever looks at the run itself.
  init(
    _ engine: Engine, catalog: PluginCatalog, source: GraphSource, rate: Int,
    tell: @escaping (ChangeRequest, ChangeTicket) -> Void
  ) {
    self.engine = engine
    self.catalog = catalog
    self.source = source
    self.rate = rate
    self.tell = tell
  }

  /// Goes on with what is under way, and begins what waits.
  func service() {
    settle()
    follow()
    giveUpOnDemand()
    if let waiting, !waiting() { return }
    settle()
    follow()
    while current == nil, let (id, request) = board.take(mayBegin) {
      var ticket = ChangeTicket()
      ticket.rate = rate
      current = (id, request, ticket)
      begin(request)
      settle()
      follow()
    }
  }

  /// `rollback` and `discard` do not wait for a change whose new nodes do not judge yet, for nobody knows how long that
  /// takes: they give it up. Other changes are refused after a while.
  private func giveUpOnDemand() {
    board.forgetAbandoned()
    guard let current, current.ticket.state == .warming, let warming, engine.swapStatus?.stage == .warming else {
      return
    }
    if let (id, request) = board.takeFirst(where: { [.rollback, .discard].contains($0.kind) && !$0.isDryRun }) {
      engine.endSwap()
      var ticket = ChangeTicket()
      ticket.rate = rate
      ticket.state = .done
      ticket.plan = engine.swapStatus?.plan.reversed(to: coming?.graph)
      ticket.notes.append("the change that was under way is given up: its new nodes did not judge yet")
      board.put(ticket, id)
      tell(request, ticket)
      return
    }
    let elapsed = ContinuousClock.now - warming
    guard elapsed > Self.patience else { return }
    let refused = board.refuseWaiting(
      "'\(current.request.words)' is under way, and since \(elapsed.components.seconds) s its new nodes have not yielded "
        + "what they are to: `auscult discard` gives it up"
    ) { ![.rollback, .discard].contains($0.kind) }
    for (request, ticket) in refused { tell(request, ticket) }
  }

  // MARK: One after the other

  /// A change waits for the one before it; while that only stands by, it is over.
  private func mayBegin(_ request: ChangeRequest) -> Bool {
    guard engine.isSwapping, let stage = engine.swapStatus?.stage else { return true }
    switch request.kind {
    case .promote, .discard: return true
    case .rollback: return stage != .retiring
    default: break
    }
    // Nobody knows how long a candidate is to be looked at: that is refused.
    if stage == .shadowing { return true }
    if stage == .probation && !request.isDryRun { engine.endSwap() }
    // Who saves again means the later file.
    if stage == .warming && request.isWatched { engine.endSwap() }
    return false
  }

  /// Notes what runs now, once a swap is over.
  private func settle() {
    guard let coming, !engine.isSwapping else { return }
    if let status = engine.swapStatus, status.stage == .done {
      if !status.plan.isEmpty { before = (source, coming.graph) }
      source = coming.source
    } else if engine.swapStatus?.canBeReturnedTo ?? false, let left = engine.previousGraph {
      before = (coming.source, left)
    }
    self.coming = nil
  }

  /// Brings the ticket of the change under way up to date.
  private func follow() {
    guard let current, current.ticket.state == .warming, let status = engine.swapStatus else { return }
    self.current?.ticket.swap = status
    switch status.stage {
    case .warming, .exchanging: return publish()
    case .shadowing where current.request.kind != .shadow: return publish()
    case .retiring where status.position == nil || status.reason != nil: return publish()
    default: break
    }
    switch current.request.kind {
    case .discard,
      .rollback where isTakingBack:
      guard !engine.isSwapping else { return publish() }
      // It came too late for the old nodes: the graph before is applied again.
      if current.request.kind == .rollback && status.stage == .done {
        isTakingBack = false
        return begin(current.request)
      }
      finish()
    default:
      if let reason = status.reason { fail(reason) } else { finish() }
    }
  }

  private func publish() { if let current { board.put(current.ticket, current.id) } }

  private func finish() {
    current?.ticket.state = .done
    end()
  }

  private func fail(_ problem: String?, _ diagnostics: [Diagnostic] = []) {
    current?.ticket.state = .failed
    current?.ticket.problem = problem
    current?.ticket.diagnostics += diagnostics
    end()
  }

  private func end() {
    guard let request = current?.request, let ticket = current?.ticket else { return }
    publish()
    current = nil
    if request.kind == .apply {
      faultyFiles = ticket.state == .failed ? ticket.diagnostics.compactMap { $0.location?.file } : []
    }
    tell(request, ticket)
  }

  // MARK: Each change

  private func begin(_ request: ChangeRequest) {
    if engine.swapStatus?.stage == .shadowing, ![.promote, .discard].contains(request.kind) {
      return fail("a candidate runs beside the graph: `auscult promote` or `auscult discard` it first")
    }
    switch request.kind {
    case .promote, .discard: endShadow(request)
    case .rollback: rollback(request)
    case .apply, .swap, .set, .shadow: change(request)
    }
  }

  /// `discard` also gives up a change whose new nodes do not judge yet.
  private func endShadow(_ request: ChangeRequest) {
    let stages: [SwapStatus.Stage] = request.kind == .promote ? [.shadowing] : [.shadowing, .warming]
    guard engine.isSwapping, let status = engine.swapStatus, stages.contains(status.stage) else {
      return fail("no candidate runs beside the graph: begin with `auscult shadow NODE key=value`")
    }
    current?.ticket.plan = status.plan
    if request.isDryRun { return finish() }
    if request.kind == .promote { engine.promote() } else { engine.endSwap() }
    current?.ticket.state = .warming
    publish()
  }

  private func rollback(_ request: ChangeRequest) {
    isTakingBack = engine.isSwapping
    if isTakingBack {
      current?.ticket.plan = engine.swapStatus?.plan.reversed(to: coming?.graph)
      if request.isDryRun { return finish() }
      _ = try? engine.rollback()
      current?.ticket.state = .warming
      return publish()
    }
    guard let before else { return fail("there is no graph to return to: nothing was changed yet") }
    run(before.graph, from: before.source, request)
  }

  private func change(_ request: ChangeRequest) {
    if request.kind == .set, let problem = refusal(request) { return fail(problem) }
    guard request.kind != .set, let probe = catalog.probe else { return prepare(request) }
    let libraries = catalog.files + source.libraries(of: request)
    if probe.knows(libraries) { return prepare(request) }
    let work = Background("auscult-probe") { probe.examine(libraries) }
    goOn(after: work) { self.prepare(request) }
  }

  /// Goes on once some work is done, looking for it on every tick: other commands are answered meanwhile.
  private func goOn<Result>(after work: Background<Result>, then next: @escaping (Result) -> Void) {
    waiting = { [unowned self] in
      guard let result = work.result else { return false }
      waiting = nil
      next(result)
      return true
    }
  }

  private func prepare(_ request: ChangeRequest) {
    var next = request.kind == .apply ? source.reading(request.file, isFresh: request.isFresh) : source.adding(request)
    if request.kind != .set { catalog = catalog.refreshed() }
    do throws(DiagnosticsError) {
      var (graph, warnings) = try load(&next, request)
      current?.ticket.diagnostics += warnings.map(next.absolute)
      next.contents = graph.contents
      if request.kind != .apply { keepClasses(&graph, request) }
      if request.kind == .apply { noteOverrides(next) } else { noteLeftOut(request) }
      run(graph, from: next, request)
    } catch {
      fail(nil, error.diagnostics.map(next.absolute))
    }
  }

  /// What is not asked for stays as it was built, whatever was rebuilt meanwhile.
  private func keepClasses(_ graph: inout Graph, _ request: ChangeRequest) {
    for index in graph.nodes.indices {
      let node = graph.nodes[index]
      guard let running = engine.graph.nodes.first(where: { $0.name == node.name }),
        running.nodeClass !== node.nodeClass, running.nodeClass.name == node.nodeClass.name,
        running.nodeClass.library.path == node.nodeClass.library.path
      else { continue }
      let isMeant = request.node == node.name || request.libraries.contains(node.nodeClass.library.path)
      if isMeant && request.kind != .set {
        noteBuild(node, running)
      } else {
        graph.nodes[index].nodeClass = running.nodeClass
      }
    }
    guard request.kind == .swap, request.values.isEmpty, request.libraries.isEmpty,
      let node = graph.nodes.first(where: { $0.name == request.node }),
      node.nodeClass === engine.graph.nodes.first(where: { $0.name == request.node })?.nodeClass
    else { return }
    current?.ticket.notes.append(
      "\(node.nodeClass.libraryName) has not been rebuilt: its build id is \(node.nodeClass.library.buildID.prefix(12))"
    )
  }

  private func noteBuild(_ node: Graph.Node, _ running: Graph.Node) {
    guard node.nodeClass.library.buildID == running.nodeClass.library.buildID else { return }
    current?.ticket.notes.append(
      "\(node.nodeClass.libraryName) was rebuilt, but calls itself build \(node.nodeClass.library.buildID) as before: "
        + "nothing changed")
  }

  /// Where a file that is applied has no place any more for what was changed since, that is left out.
  private func load(
    _ next: inout GraphSource, _ request: ChangeRequest
  ) throws(DiagnosticsError) -> (graph: Graph, warnings: [Diagnostic]) {
    do {
      return try next.load(catalog)
    } catch {
      guard request.kind == .apply, let pruned = next.pruned(error) else { throw error }
      let result = try pruned.load(catalog)
      let left = next.overrides.filter { !pruned.overrides.contains($0) }.map(\.text)
      current?.ticket.notes.append("left out, for the file has no place for it: \(left.joined(separator: ", "))")
      next = pruned
      return result
    }
  }

  private func noteOverrides(_ next: GraphSource) {
    for override in next.overrides where override.origin != OverrideText.commandLine {
      current?.ticket.notes.append(
        "\(override.text) (auscult \(override.origin)) still wins over the file; `auscult apply --fresh` leaves it out")
    }
  }

  private func noteLeftOut(_ request: ChangeRequest) {
    let left = source.leftOut(by: request).map(\.text)
    guard !left.isEmpty else { return }
    current?.ticket.notes.append("left out, for the node gets a type anew: \(left.joined(separator: ", "))")
  }

  /// Why `set` is not the way to change these parameters.
  private func refusal(_ request: ChangeRequest) -> String? {
    guard let node = engine.graph.nodes.first(where: { $0.name == request.node }) else { return nil }
    for key in request.keys {
      let parameter = node.nodeClass.parameter(key)
      let isReserved = reservedNodeKeys.contains(key)
      guard isReserved || parameter.map({ !$0.flags.contains(.running) }) ?? false else { continue }
      return "'\(key)' of \(request.node) (\(node.nodeClass.name)) can't change while the node runs; "
        + "`auscult swap \(request.node) \(request.values.joined(separator: " "))` puts a new node in its place"
    }
    return nil
  }

  /// Has a child make the new nodes ready first, so that one that crashes or hangs there does not do so here. What runs by
  /// `set` and `rollback` was made before.
  private func run(_ graph: Graph, from next: GraphSource, _ request: ChangeRequest) {
    let nodes = GraphTrial.changed(graph, from: engine.graph)
    guard ![.set, .rollback].contains(request.kind), !nodes.isEmpty, let probe = catalog.probe else {
      return carryOut(graph, from: next, request)
    }
    let seconds = request.timeout ?? GraphTrial.seconds
    let question = GraphTrial.request(next, catalog: catalog, rate: rate, nodes: request.isDryRun ? [] : nodes)
    let work = Background("auscult-probe") {
      probe.run(["probe-plugin", "--graph", "--limit", "\(seconds)"], request: question, seconds: seconds)
    }
    goOn(after: work) { outcome in
      if let outcome, let diagnostic = GraphTrial.diagnostic(outcome, graph, timeout: request.timeout) {
        return self.fail(nil, [next.absolute(diagnostic)])
      }
      self.noteUntried(graph, outcome)
      self.carryOut(graph, from: next, request)
    }
  }

  /// Says what no child could try out.
  private func noteUntried(_ graph: Graph, _ outcome: ProbeOutcome?) {
    guard outcome != nil else {
      current?.ticket.notes.append("no child process could be started: the new nodes were not tried out first")
      return
    }
    for node in graph.nodes where !NodeTrial.isActivated(node) {
      let running = engine.graph.nodes.first { $0.name == node.name }
      guard running?.nodeClass.library.path != node.nodeClass.library.path else { continue }
      current?.ticket.notes.append(
        "\(node.name) was created and configured in a child first, but not activated: it would open a device or a file")
    }
  }

  private func carryOut(_ graph: Graph, from next: GraphSource, _ request: ChangeRequest) {
    do throws(DiagnosticsError) {
      var options = SwapOptions()
      if let timeout = request.timeout { options.timeout = timeout }
      options.isShadow = request.kind == .shadow
      let change = try engine.plan(graph, options: options)
      current?.ticket.plan = change.plan.sayingTakeBack(options)
      publish()
      if request.isDryRun { return finish() }
      coming = (next, engine.graph)
      try engine.apply(change)
      current?.ticket.state = .warming
      warming = .now
      publish()
    } catch {
      coming = nil
      fail(nil, error.diagnostics.map(next.absolute))
    }
  }
}

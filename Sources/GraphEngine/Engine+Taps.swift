import GraphCompiler
import GraphText
import NodeHost

/// A sink of the program itself after an output of the running graph. No graph contains it: it is part of no plan and
/// changes no generation. While graphs change it goes on with the output of the same name.
struct Tap {
  let runtime: NodeRuntime
  /// The node whose output it reads, and the output's index.
  let node: String
  let output: Int
  var isLeaving = false

  /// The output among these nodes; nil: it does not exist there.
  fileprivate func feed(in nodes: [LinkedRuntime]) -> LinkedRuntime.Feed? {
    guard let node = nodes.first(where: { $0.name == node }), node.runtime.blocks.indices.contains(output) else {
      return nil
    }
    return LinkedRuntime.Feed(runtime: node.runtime, output: output)
  }
}

/// Taps of a running engine. Thread: control.
///
/// The realtime thread does not know of them: a tap gets its tokens through a queue like any sink on a worker. Its queue
/// drops what does not fit, so that no node waits for it.
extension Engine {
  public enum TapProblem: Error, Sendable, Equatable {
    /// A change is under way, or a worker is in a long call: try again later.
    case busy
    case refused(String)
  }

  /// Adds a tap. It gets tokens from the next cycle on.
  ///
  /// - Parameters:
  ///   - sink: a node with one input and no output. No node of a graph can have its name.
  ///   - node: the node to listen to.
  ///   - output: index of that node's output.
  /// - Returns: the tap's number.
  public func addTap(_ sink: Graph.Node, after node: String, output: Int) throws(TapProblem) -> Int32 {
    guard swapRun == nil, let schedule else { throw .busy }
    let tap: Tap
    do throws(DiagnosticsError) {
      tap = Tap(runtime: try makeTap(sink, after: node, output, schedule), node: node, output: output)
      if let problem = activate(tap.runtime, of: graph) { throw DiagnosticsError([problem]) }
    } catch {
      throw .refused(error.diagnostics.map(\.message).joined(separator: "; "))
    }
    taps.append(tap)
    if reinstall() { return tap.runtime.number }
    taps.removeLast()
    takeDown(tap.runtime, seconds: 0.5)
    throw .busy
  }

  /// Removes a tap, as soon as no change is under way.
  public func removeTap(_ number: Int32) {
    for index in taps.indices where taps[index].runtime.number == number { taps[index].isLeaving = true }
    removeLeavingTaps()
  }

  /// Whether a tap still gets tokens: a change may have removed its node.
  public func hasTap(_ number: Int32) -> Bool { taps.contains { $0.runtime.number == number && !$0.isLeaving } }

  /// `service` calls it.
  func removeLeavingTaps() {
    let leaving = taps.filter(\.isLeaving)
    guard !leaving.isEmpty, swapRun == nil, schedule != nil else { return }
    let before = taps
    taps.removeAll(where: \.isLeaving)
    guard reinstall() else {
      taps = before
      return
    }
    for tap in leaving {
      tap.runtime.worker?.retire()
      takeDown(tap.runtime, seconds: 0.5)
    }
  }

  /// The nodes of the graph, without taps.
  var graphNodes: [LinkedRuntime] { schedule?.graphNodes ?? [] }

  /// The taps of these nodes' outputs, as they run without a swap.
  func linkedTaps(_ nodes: [LinkedRuntime]) -> [LinkedRuntime] {
    taps.filter { !$0.isLeaving }.compactMap { tap in
      tap.feed(in: nodes).map { feed in linked(tap, LinkedRuntime.Input(port: 0, from: feed)) }
    }
  }

  /// The taps during a swap: each changes over with the output that it reads. A tap whose output goes ends.
  func linkedTaps(_ draft: SwapDraft) -> [LinkedRuntime] {
    let after = draft.after
    return taps.compactMap { tap in
      guard let from = tap.feed(in: draft.before) else { return nil }
      let other = tap.feed(in: after)
      let changes = from.runtime !== other?.runtime
      return linked(
        tap, LinkedRuntime.Input(port: 0, from: from, other: changes ? other : nil, changesOver: changes))
    }
  }

  /// After a swap: forgets the taps whose nodes are gone.
  func forgetTaps() {
    let numbers = Set(schedule?.nodes.map(\.runtime.number) ?? [])
    taps.removeAll { !numbers.contains($0.runtime.number) }
  }

  private func linked(_ tap: Tap, _ input: LinkedRuntime.Input) -> LinkedRuntime {
    LinkedRuntime(runtime: tap.runtime, inputs: [input], isLossy: true, isTap: true)
  }

  /// Compiles the running graph with the tap, and makes the tap's runtime; all other nodes stay.
  private func makeTap(
    _ sink: Graph.Node, after name: String, _ output: Int, _ schedule: Schedule
  ) throws(DiagnosticsError) -> NodeRuntime {
    let nodes = schedule.graphNodes
    guard let source = graph.nodes.firstIndex(where: { $0.name == name }) else {
      throw graph.failure("unknown-node", "the graph has no node '\(name)' now")
    }
    var tapped = graph
    tapped.nodes.append(sink)
    tapped.links.append(
      Graph.Link(
        from: .init(node: source, port: output), to: .init(node: tapped.nodes.count - 1, port: 0), location: nil))
    let running = RunningGraph(
      graph: graph, nodes: Dictionary(uniqueKeysWithValues: nodes.map { ($0.name, $0.asIs) }), services: services,
      memory: schedule.memory)
    let draft = try Compiler.compile(
      graph: tapped, instances: tapped.nodes.map { _ in nil }, running: running, placesNewOnWorkers: true, rate: rate,
      options: options.compiler)
    guard draft.kept.dropLast().allSatisfy({ $0 != nil }) else {
      throw graph.failure("tap", "the graph can't be listened to: a node would have to begin again")
    }
    return try draft.runtimes(running: nodes, generations: generations, number: nextNumber).last!
  }

  /// Installs the present nodes with the present taps and options. Not during a swap.
  ///
  /// - Returns: false if a worker is in a long call, or there is no memory: nothing has changed then.
  func reinstall() -> Bool {
    let nodes = graphNodes
    guard
      let builder = try? ScheduleBuilder(
        nodes + linkedTaps(nodes), of: graph, options: options, stalls: stalls, quantum: Compiler.quantum, rate: rate,
        channels: channels, previous: schedule)
    else { return false }
    let next = Schedule(builder)
    // All other links stay, so it does not matter whether the realtime thread takes the schedule before or after this.
    guard next.connectWorkers(patience: 0.05) else { return false }
    pool?.setNodes(next.workers)
    install(next)
    return true
  }
}

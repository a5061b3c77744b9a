import GraphCompiler
import GraphText
import NodeHost
import NodeLife
import TestSupport
import Testing

/// Passes of the compiler, each called alone: what it writes into the draft, and that a second call changes nothing.
@Suite struct CompilerPassTests {
  private typealias Pass = (inout ScheduleDraft) -> Void

  /// Two paths that join, and a sink.
  ///
  ///     mic -+-> alpha -+-> both -> out
  ///          +-> zeta --+
  private static let diamond = """
    graph: diamond
    nodes:
      zeta: { type: gain, gain: 2 }
      out: { type: sink.null }
      mic: { type: source }
      both: { type: mix, weights: [1, 1] }
      alpha: { type: gain, gain: 3 }
    links:
      - mic -> zeta -> both -> out
      - mic -> alpha -> both
    """

  /// The draft that the first pass gets, after some passes.
  private func draft(
    _ text: String, memory: Int = 1 << 30, after passes: [Pass] = []
  ) throws -> ScheduleDraft {
    let graph = try Graph.load(text: text, catalog: TestPlugins.catalog, options: GraphOptions()).graph
    let services = HostServices(log: { _, _, _ in })
    let instances = try graph.nodes.map { try NodeInstance($0, graph: graph.name, services: services) }
    var options = CompilerOptions()
    options.memory = .bytes(memory)
    var draft = ScheduleDraft(
      graph: graph, instances: instances, rate: 48_000, quantum: Compiler.quantum, options: options)
    for pass in passes { pass(&draft) }
    try #require(draft.diagnostics.isEmpty, "\(draft.diagnostics)")
    return draft
  }

  private func index(_ name: String, _ draft: ScheduleDraft) throws -> Int {
    try #require(draft.graph.nodes.firstIndex { $0.name == name })
  }

  // MARK: resolve

  /// For each node, the names of the nodes that it reads from.
  private func sources(_ draft: ScheduleDraft) -> [String: [String]] {
    var sources: [String: [String]] = [:]
    for (node, links) in zip(draft.graph.nodes, draft.incoming) {
      sources[node.name] = links.map { draft.graph.nodes[$0.from].name }
    }
    return sources
  }

  @Test func resolveSortsTheLinksOfEachNodeByName() throws {
    var draft = try draft(Self.diamond)
    let expected: [String: [String]] = [
      "mic": [], "alpha": ["mic"], "zeta": ["mic"], "both": ["alpha", "zeta"], "out": ["both"],
    ]
    for _ in 1...2 {
      Compiler.resolve(&draft)
      #expect(sources(draft) == expected)
      for (index, links) in draft.incoming.enumerated() { #expect(links.allSatisfy { $0.to == index }) }
    }
    #expect(draft.order.isEmpty && draft.diagnostics.isEmpty)
  }

  // MARK: order

  private func order(_ draft: ScheduleDraft) -> [String] { draft.order.map { draft.graph.nodes[$0].name } }

  @Test func orderPutsEachNodeAfterItsSources() throws {
    var draft = try draft(Self.diamond, after: [Compiler.resolve])
    for _ in 1...2 {
      Compiler.order(&draft)
      #expect(order(draft) == ["mic", "alpha", "zeta", "both", "out"])
    }
    #expect(draft.diagnostics.isEmpty)
  }

  /// Reading a file refuses cycles; here a link is added behind its back.
  @Test func orderReportsACycle() throws {
    var draft = try draft(Self.diamond, after: [Compiler.resolve])
    let (first, last) = (try index("mic", draft), try index("out", draft))
    var back = draft.incoming[last][0]
    (back.from, back.to) = (last, first)
    draft.incoming[first] = [back]
    Compiler.order(&draft)
    #expect(draft.order.isEmpty)
    #expect(draft.diagnostics.map(\.message) == ["these nodes form a cycle: alpha, both, mic, out, zeta"])
  }

  // MARK: checkPlacement

  private static var upToPlacement: [Pass] { [Compiler.resolve, Compiler.order, Compiler.negotiate] }

  @Test func checkPlacementAcceptsWhatNegotiateHasPlaced() throws {
    var draft = try draft(Self.diamond, after: Self.upToPlacement)
    for _ in 1...2 {
      Compiler.checkPlacement(&draft)
      #expect(draft.diagnostics.isEmpty)
      for (node, placement) in zip(draft.graph.nodes, draft.placement) {
        let expected: ScheduleDraft.Placement = node.name == "out" ? .worker : .realtime
        #expect(placement == expected, "\(node.name)")
      }
    }
  }

  @Test(arguments: [
    (
      "last: { type: gain, thread: realtime }",
      "node 'last' cannot run on the realtime thread: the node before it runs on a worker"
    ),
    (
      "last: { type: sink.audio }",
      "node 'last' passes samples to or from the driver and must run on the realtime thread, but a node before it "
        + "runs on a worker"
    ),
  ])
  func checkPlacementRefusesRealtimeNodesBehindAWorker(last: String, message: String) throws {
    let text = """
      graph: placed
      nodes:
        mic: { type: source }
        first: { type: gain, thread: worker }
        \(last)
        out: { type: sink.null }
      links: [ mic -> first -> last, mic -> out ]
      """
    var draft = try draft(text, after: Self.upToPlacement)
    var copy = draft
    Compiler.checkPlacement(&draft)
    Compiler.checkPlacement(&copy)
    #expect(draft.diagnostics.map(\.message) == [message])
    #expect(draft.diagnostics.map(\.location?.line) == [5])
    #expect(copy.diagnostics == draft.diagnostics && copy.placement == draft.placement)
  }

  // MARK: sizes

  private static var upToSizes: [Pass] { upToPlacement + [Compiler.checkPlacement, Compiler.capacities] }

  @Test func sizesCountsOutputsJoinsAndQueues() throws {
    var draft = try draft(Self.diamond, after: Self.upToSizes)
    let (mic, both, out) = (try index("mic", draft), try index("both", draft), try index("out", draft))
    let heard = try #require(draft.configurations[mic]?.outputs.first?.format)
    let mixed = try #require(draft.configurations[both]?.outputs.first?.format)
    let ring = NodeSizes.ring(mixed, capacity: draft.capacities[both][0], QueueLimits())
    var totals: [[Int]] = []
    for _ in 1...2 {
      Compiler.sizes(&draft)
      try #require(draft.sizes.count == draft.graph.nodes.count)
      #expect(draft.sizes[mic].blocks == NodeSizes.block(heard, capacity: draft.capacities[mic][0]))
      // Only nodes that join have queues of waiting tokens; only the sink reads through a ring.
      #expect(draft.sizes.indices.filter { draft.sizes[$0].joins > 0 } == [both])
      #expect(draft.sizes.indices.filter { draft.sizes[$0].queues > 0 } == [both])
      #expect(draft.sizes[both].queues == ring.bytes)
      #expect(draft.sizes[out].blocks == 0)
      totals.append(draft.sizes.map(\.total))
    }
    #expect(totals[0] == totals[1])
    #expect(draft.diagnostics.isEmpty)
  }

  /// The ring before the sink alone needs more.
  @Test func sizesRefusesWhatNeedsTooMuch() throws {
    var draft = try draft(Self.diamond, memory: 50_000, after: Self.upToSizes)
    Compiler.sizes(&draft)
    #expect(draft.diagnostics.map(\.code) == ["memory"])
    #expect(draft.diagnostics.first?.message.hasPrefix("node 'both' (mix) needs ") == true, "\(draft.diagnostics)")
  }
}

import GraphCompiler
import GraphText
import NodeHost
import NodeLife
import TestSupport
import Testing

/// Which thread a node gets by what it was measured to take.
@Suite struct PlacementTests {
  /// A period of 256 frames lasts 5.33 ms; a quarter of it 1.33 ms.
  private static let (rate, period) = (48_000, 256)

  private func draft(_ nodes: String, _ links: String, costs: [String: (ns: Int, frames: Int)]) throws -> ScheduleDraft
  {
    let text = "graph: placed\nnodes:\n  mic: { type: source }\n\(nodes)\n  out: { type: sink.null }\nlinks: [\(links)]"
    let graph = try Graph.load(text: text, catalog: TestPlugins.catalog, options: GraphOptions()).graph
    let services = HostServices(log: { _, _, _ in })
    let instances = try graph.nodes.map { try NodeInstance($0, graph: graph.name, services: services) }
    var options = CompilerOptions()
    options.memory = .bytes(1 << 30)
    options.costs = NodeCosts(
      graph, costs.mapValues { NodeCosts.Cost(nanoseconds: $0.ns, framesPerToken: $0.frames) }, period: Self.period)
    return try Compiler.compile(graph: graph, instances: instances, rate: Self.rate, options: options)
  }

  private func places(_ draft: ScheduleDraft) -> [String: ScheduleDraft.Placement] {
    Dictionary(uniqueKeysWithValues: zip(draft.graph.nodes.map(\.name), draft.placement))
  }

  private func reason(_ draft: ScheduleDraft, _ name: String) throws -> PlacementReason {
    draft.placementReasons[try #require(draft.graph.nodes.firstIndex { $0.name == name })]
  }

  private let pair = "  first: { type: gain, gain: 2 }\n  second: { type: gain, gain: 3 }"

  @Test func aHeavyNodeAndTheNodesAfterItRunOnWorkers() throws {
    let draft = try draft(
      pair, "mic -> first -> second -> out", costs: ["first": (2_000_000, 512), "second": (10, 1)])
    #expect(places(draft) == ["mic": .realtime, "first": .worker, "second": .worker, "out": .worker])
    #expect(try reason(draft, "first") == .heavy)
    #expect(try reason(draft, "second") == .afterWorker)
    #expect(try reason(draft, "mic") == .driver && (try reason(draft, "out")) == .mayBlock)
    #expect(draft.diagnostics.isEmpty)
  }

  /// 512 frames lie between two tokens: one call of a cycle of 256 frames is heavy, not four.
  @Test func aNodeThatFitsStays() throws {
    let rare = try draft(
      pair, "mic -> first -> second -> out", costs: ["first": (1_300_000, 512), "second": (300_000, 1)])
    #expect(places(rare) == ["mic": .realtime, "first": .realtime, "second": .realtime, "out": .worker])
    #expect(try reason(rare, "first") == .fits && (try reason(rare, "second")) == .fits)
    // The same time for each 64 frames is four times as much.
    let often = try draft(
      pair, "mic -> first -> second -> out", costs: ["first": (340_000, 1), "second": (10, 1)])
    #expect(places(often)["first"] == .worker)
  }

  @Test func theGraphWinsWithAWarning() throws {
    let nodes = "  first: { type: gain, gain: 2, thread: realtime }"
    let draft = try draft(nodes, "mic -> first -> out", costs: ["first": (4_000_000, 512)])
    #expect(places(draft)["first"] == .realtime)
    #expect(try reason(draft, "first") == .asked)
    #expect(draft.diagnostics.map(\.severity) == [.warning])
    #expect(
      draft.diagnostics.map(\.message) == [
        "node 'first' takes up to 75 % of a period on the realtime thread: the graph asks for it; leave out `thread: "
          + "realtime`, and it runs on a worker"
      ])
  }

  @Test func whatFeedsTheDriverStays() throws {
    let nodes = "  first: { type: gain, gain: 2 }\n  speaker: { type: sink.audio }"
    let draft = try draft(nodes, "mic -> first -> speaker, mic -> out", costs: ["first": (4_000_000, 512)])
    #expect(places(draft)["first"] == .realtime && places(draft)["speaker"] == .realtime)
    #expect(try reason(draft, "first") == .heavyBeforeDriver)
    #expect(
      draft.diagnostics.map(\.message) == [
        "node 'first' takes up to 75 % of a period on the realtime thread: a node after it passes samples to the driver"
      ])
  }

  @Test func whatWasNotMeasuredIsPlacedByItsClass() throws {
    let draft = try draft(pair, "mic -> first -> second -> out", costs: [:])
    #expect(places(draft) == ["mic": .realtime, "first": .realtime, "second": .realtime, "out": .worker])
    #expect(try reason(draft, "first") == .notMeasured)
  }
}

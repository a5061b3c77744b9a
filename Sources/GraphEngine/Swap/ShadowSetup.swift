import CNodeABI
import GraphCompiler
import GraphText
import NodeHost

/// What a shadow needs besides the nodes of a swap: copies of the alarms after the detector, and the outputs of both
/// sides that the control thread reads.
///
/// Thread: control.
struct ShadowSetup {
  let present: NodeRuntime
  let candidate: NodeRuntime
  /// Alarms after the present detector, and copies of them after the candidate.
  let alarms: [(present: NodeRuntime, copy: NodeRuntime)]
  /// The copies, linked to the candidate.
  let copies: [LinkedRuntime]

  /// Finds the one detector that the shadow replaces.
  ///
  /// - Throws: a diagnostic if the change does more than replace one detector.
  init(_ draft: SwapDraft, generations: Generations, number: () -> Int32) throws(DiagnosticsError) {
    let detectors = draft.added.filter { added in
      added.configuration.outputs.contains { $0.format.kind == AUSCULT_SCORE }
    }
    guard let candidate = detectors.first, detectors.count == 1,
      let present = draft.before.first(where: { $0.name == candidate.name })?.runtime,
      present.configuration.outputs.contains(where: { $0.format.kind == AUSCULT_SCORE }),
      draft.hearsKeptNodes(candidate)
    else {
      let nodes = draft.added.count == 1 ? "1 node" : "\(draft.added.count) nodes"
      throw draft.graph.failure(
        "shadow",
        "a shadow compares one detector with a candidate in its place; this change replaces or adds \(nodes)")
    }
    self.present = present
    self.candidate = candidate
    var alarms: [(NodeRuntime, NodeRuntime)] = []
    var copies: [LinkedRuntime] = []
    for index in draft.draft.order {
      guard draft.draft.kept[index] != nil, case let kept = draft.runtimes[index],
        kept.configuration.outputs.contains(where: { $0.format.kind == AUSCULT_EVENT }),
        draft.draft.incoming[index].contains(where: { draft.runtimes[$0.from] === candidate })
      else { continue }
      let copy = try ShadowSetup.copy(draft, index, candidate, generations, number())
      alarms.append((kept, copy))
      copies.append(
        LinkedRuntime(
          runtime: copy, side: .new,
          inputs: draft.draft.incoming[index].map {
            LinkedRuntime.Input(
              port: $0.input, from: LinkedRuntime.Feed(runtime: draft.runtimes[$0.from], output: $0.output))
          }))
    }
    self.alarms = alarms
    self.copies = copies
  }

  /// The outputs that the control thread reads: both detectors', then those of each alarm and its copy.
  var observed: [LinkedRuntime.Feed] {
    [present, candidate].map { LinkedRuntime.Feed(runtime: $0, output: 0) }
      + alarms.flatMap {
        [LinkedRuntime.Feed(runtime: $0.present, output: 0), LinkedRuntime.Feed(runtime: $0.copy, output: 0)]
      }
  }

  /// - Parameter links: of `observed`.
  func meter(_ links: [RingLink]) -> ShadowMeter {
    let rest = links.dropFirst(2).enumerated()
    return ShadowMeter(
      present: ShadowMeter.Streams(
        detector: present, scores: links[0], alarms: rest.filter { $0.offset % 2 == 0 }.map(\.element)),
      candidate: ShadowMeter.Streams(
        detector: candidate, scores: links[1], alarms: rest.filter { $0.offset % 2 == 1 }.map(\.element)))
  }

  /// A second instance of a kept node, which reads from the candidate.
  private static func copy(
    _ draft: SwapDraft, _ index: Int, _ candidate: NodeRuntime, _ generations: Generations, _ number: Int32
  ) throws(DiagnosticsError) -> NodeRuntime {
    var copy = draft.draft
    let node = copy.graph.nodes[index]
    do {
      let instance = try NodeInstance(node, graph: copy.graph.name, services: copy.running!.services)
      let inputs = copy.incoming[index].map { link in
        ConfiguredInput(format: copy.format(link)!, port: link.input, node: copy.graph.nodes[link.from].name)
      }
      copy.configurations[index] = try instance.configure(
        rate: copy.rate, quantum: copy.quantum, inputs: inputs, memory: copy.limit)
      copy.instances[index] = instance
      copy.placement[index] = .worker
    } catch {
      throw DiagnosticsError([copy.graph.diagnostic(NodeFailure(error), node: node)])
    }
    let sources = copy.incoming[index].map { draft.runtimes[$0.from].blocks[$0.output] }
    do {
      copy.sizes[index].blocks = added(copy.sizes[index].blocks, Compiler.blockBytes(copy, node: index))
      return try NodeRuntime(
        number: number, copy, node: index, generations: generations, sources: sources, isWatched: false)
    } catch {
      throw DiagnosticsError([copy.graph.diagnostic(error, node: node)])
    }
  }
}

import CNodeABI
import GraphText
import NodeABI
import NodeHost
import NumberText

extension Compiler {
  /// Sets formats along the links, beginning at the sources: in one walk, because a node's formats follow from those of
  /// the nodes before it, and its place from theirs. Skips nodes after a failed node, so that one mistake gives one
  /// message.
  package static func negotiate(_ draft: inout ScheduleDraft) {
    for index in draft.order {
      guard draft.incoming[index].allSatisfy({ draft.configurations[$0.from] != nil }) else { continue }
      guard acceptsInputs(&draft, node: index), joinsInputs(&draft, node: index) else { continue }
      place(&draft, node: index)
      if !keep(&draft, node: index) { configure(&draft, node: index) }
    }
  }

  /// Creates a node where there is none yet, and asks it for its formats.
  private static func configure(_ draft: inout ScheduleDraft, node index: Int) {
    // On a worker, a new node can't delay running nodes.
    if draft.placesNewOnWorkers { draft.moveToWorker(node: index) }
    let inputs = draft.incoming[index].map { link in
      ConfiguredInput(format: draft.format(link)!, port: link.input, node: draft.graph.nodes[link.from].name)
    }
    if let known = draft.options.known.configurations[draft.graph.nodes[index].name] {
      draft.configurations[index] = known
      return
    }
    do {
      try checkModel(draft, node: index)
      let configuration = try draft.instance(index).configure(
        rate: draft.rate, quantum: draft.quantum, inputs: inputs, memory: draft.limit)
      draft.configurations[index] = configuration
      checkStamps(&draft, node: index, configuration)
    } catch {
      draft.error(NodeFailure(error), node: index)
    }
  }

  /// The most tokens that one call can yield, from its input frames and the declared burst.
  package static func capacities(_ draft: inout ScheduleDraft) {
    for index in draft.order {
      let configuration = draft.configurations[index]!
      let ports = draft.graph.nodes[index].nodeClass.inputs
      let isIndependent = draft.incoming[index].contains { ports[$0.input].flags.contains(.independent) }
      let inputs = draft.incoming[index].map { (draft.format($0)!.format, draft.capacities[$0.from][$0.output]) }
      draft.capacities[index] = configuration.outputs.indices.map { output in
        let format = configuration.outputs[output].format
        let burst = configuration.bursts[output]
        guard !inputs.isEmpty else { return format.mostTokens(frames: Double(draft.quantum)) + burst }
        let most = inputs.map { input, capacity in format.mostTokens(from: capacity, of: input) }
        // Each independent input may yield its own tokens.
        return (isIndependent ? most.reduce(0, +) : most.max() ?? 0) + burst
      }
    }
  }
}

/// "features, 1 channel x 128 bands, 31.25/s".
package func describe(_ format: auscult_format) -> String {
  var shape = "\(format.channels) channel\(format.channels == 1 ? "" : "s")"
  switch format.kind {
  case AUSCULT_SPECTRUM: shape += " x \(format.columns) bins"
  case AUSCULT_FEATURES: shape += " x \(format.columns) bands"
  case AUSCULT_SLICE: shape += " x \(format.rows) frames x \(format.columns) bands"
  default: break
  }
  let rate = format.rate
  let pace =
    format.kind == AUSCULT_AUDIO
    ? "\(NumberText.plain(rate, decimals: 3)) Hz"
    : format.kind == AUSCULT_EVENT ? "" : "\(NumberText.plain(rate, decimals: 3))/s"
  return ([kindNames(format.kind), shape, pace].filter { !$0.isEmpty }).joined(separator: ", ")
}

/// "features or slice".
func kindNames(_ kinds: UInt32) -> String { StreamKinds(rawValue: kinds).words.joined(separator: " or ") }

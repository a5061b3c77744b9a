import CNodeABI
import GraphText
import NodeABI
import NumberText

extension Compiler {
  /// Sets formats and threads along the links, beginning at the sources. Skips nodes after a failed node, so that one
  /// mistake gives one message.
  package static func negotiate(_ draft: inout ScheduleDraft) {
    for index in draft.order {
      let links = draft.incoming[index]
      guard links.allSatisfy({ draft.configurations[$0.from] != nil }) else { continue }
      guard acceptsInputs(&draft, node: index), joinsInputs(&draft, node: index) else { continue }
      place(&draft, node: index)
      if keep(&draft, node: index) { continue }
      // On a worker, a new node can't delay running nodes.
      if draft.placesNewOnWorkers { draft.moveToWorker(node: index) }
      let inputs = links.map { link in
        ConfiguredInput(format: draft.format(link)!, port: link.input, node: draft.graph.nodes[link.from].name)
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
  }

  private static func acceptsInputs(_ draft: inout ScheduleDraft, node index: Int) -> Bool {
    var isGood = true
    let node = draft.graph.nodes[index]
    for link in draft.incoming[index] {
      let format = draft.format(link)!.format
      let port = node.nodeClass.inputs[link.input]
      if format.kind & port.kinds.rawValue == 0 {
        isGood = false
        let from = draft.graph.nodes[link.from]
        draft.error(
          "format",
          "'\(from.outputName(link.output))' yields \(describe(format)), but '\(node.inputName(link.input))' takes "
            + kindNames(port.kinds.rawValue), at: link.location)
      }
    }
    return isGood
  }

  /// Checks that joined inputs have equal periods, with positions on one grid.
  private static func joinsInputs(_ draft: inout ScheduleDraft, node index: Int) -> Bool {
    let links = draft.incoming[index].filter {
      draft.graph.nodes[index].nodeClass.inputs[$0.input].flags.contains(.independent) == false
    }
    guard links.count > 1 else { return true }
    let first = draft.format(links[0])!.format
    for link in links.dropFirst() {
      let format = draft.format(link)!.format
      let a = first.denominator
      let b = format.denominator
      let distance = Int128(first.offset) * Int128(b) - Int128(format.offset) * Int128(a)
      let period = Int128(first.period) * Int128(b)
      if period == Int128(format.period) * Int128(a) && distance % period == 0 { continue }
      let nodes = draft.graph.nodes
      draft.error(
        "join",
        "'\(nodes[index].name)' can never match its inputs: '\(nodes[links[0].from].outputName(links[0].output))' "
          + "yields \(describe(first)), '\(nodes[link.from].outputName(link.output))' \(describe(format))",
        at: link.location)
      return false
    }
    return true
  }

  /// Tokens with irregular positions: the host can't count the tokens of the nodes after it.
  private static func checkStamps(_ draft: inout ScheduleDraft, node index: Int, _ configuration: Configuration) {
    let irregular = draft.incoming[index].contains { draft.format($0)!.format.stamp == AUSCULT_STAMP_NODE }
    if irregular && configuration.outputs.contains(where: { $0.format.stamp == AUSCULT_STAMP_HOST }) {
      draft.error(
        NodeFailure(
          text: "its input has irregular positions, so it must set positions itself: a fault of its plugin",
          parameter: nil), node: index)
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
        guard !inputs.isEmpty else {
          return Int(ceilDivide(Int64(draft.quantum) * format.denominator, format.period)) + burst
        }
        let most = inputs.map { input, capacity in
          let tokens =
            Double(capacity) * Double(input.period) / Double(input.denominator) * Double(format.denominator)
            / Double(format.period)
          // A whole quotient may come out slightly too large.
          return Int(min((tokens - 1e-6).rounded(.up), 1e12))
        }
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

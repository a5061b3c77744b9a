import CNodeABI
import GraphText

/// Checks of what arrives at a node's inputs.
extension Compiler {
  /// Checks that every input takes the kind of stream that arrives at it.
  static func acceptsInputs(_ draft: inout ScheduleDraft, node index: Int) -> Bool {
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
  static func joinsInputs(_ draft: inout ScheduleDraft, node index: Int) -> Bool {
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
  static func checkStamps(_ draft: inout ScheduleDraft, node index: Int, _ configuration: Configuration) {
    let irregular = draft.incoming[index].contains { draft.format($0)!.format.stamp == AUSCULT_STAMP_NODE }
    if irregular && configuration.outputs.contains(where: { $0.format.stamp == AUSCULT_STAMP_HOST }) {
      draft.error(
        NodeFailure(
          text: "its input has irregular positions, so it must set positions itself: a fault of its plugin",
          parameter: nil), node: index)
    }
  }
}

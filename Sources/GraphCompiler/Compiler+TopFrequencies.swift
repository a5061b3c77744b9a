import CNodeABI
import NumberText

extension Compiler {
  /// Finds the highest frequency at which there is sound, and warns of bands above it: a recording at a low rate
  /// contains nothing there, even after a `resample`.
  static func topFrequencies(_ draft: inout ScheduleDraft) {
    draft.highest = Array(repeating: .infinity, count: draft.graph.nodes.count)
    for index in draft.order {
      var highest = draft.incoming[index].map { draft.highest[$0.from] }.min() ?? .infinity
      for output in draft.configurations[index]!.outputs where output.format.kind == AUSCULT_AUDIO {
        highest = min(highest, output.format.rate / 2)
      }
      draft.highest[index] = highest
      if draft.kept[index] == nil { warn(&draft, node: index) }
    }
  }

  /// Warns only at the node that makes the bands; the nodes after it have the same bands.
  private static func warn(_ draft: inout ScheduleDraft, node index: Int) {
    guard let format = draft.configurations[index]!.outputs.first?.format, format.kind == AUSCULT_FEATURES,
      draft.incoming[index].contains(where: { draft.format($0)!.format.kind == AUSCULT_SPECTRUM })
    else { return }
    let bands = draft.unheardBands(format, of: index)
    guard let first = bands.first, let last = bands.last else { return }
    let node = draft.graph.nodes[index]
    let names = first == last ? "band \(first) lies" : "bands \(first) to \(last) lie"
    draft.diagnostics.append(
      draft.graph.diagnostic(
        .warning, code: "unheard-bands",
        message:
          "node '\(node.name)' (\(node.nodeClass.name)): \(names) above \(NumberText.plain(draft.highest[index], decimals: 3)) Hz, half of the "
          + "source's rate: there is no sound"
          + (node.nodeClass.parameter("fmax") == nil
            ? "" : "; give fmax: \(NumberText.plain(draft.highest[index], decimals: 3))"),
        at: node.location))
  }
}

extension ScheduleDraft {
  fileprivate func unheardBands(_ format: auscult_format, of node: Int) -> [Int] {
    guard let frequencies = format.frequencies else { return [] }
    let limit = Float(highest[node])
    return (0..<Int(format.frequency_count)).filter { frequencies[$0] > limit }
  }

  /// Whether scores could name a band without sound.
  package func hasUnheardBands(_ node: Int) -> Bool {
    configurations[node]!.outputs.contains {
      $0.format.kind == AUSCULT_SCORE && !unheardBands($0.format, of: node).isEmpty
    }
  }
}

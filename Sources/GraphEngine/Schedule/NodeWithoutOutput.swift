import CNodeABI

/// A node that had input but yielded nothing to the end of the stream. Nodes that yield events do not count: they may
/// have had no events.
public struct NodeWithoutOutput: Sendable, Equatable {
  public var name: String
  /// It yields scores, so it may still have been learning.
  public var isDetector: Bool
}

extension Schedule {
  /// The first such node; nil: there is none, or a node failed, which explains it. No cycle may run.
  var nodeWithoutOutput: NodeWithoutOutput? {
    if nodes.contains(where: { $0.runtime.state.hasFailed }) { return nil }
    return nodes.first { $0.hasHadInput && $0.runtime.hasNoOutput }.map { node in
      let isDetector = node.runtime.configuration.outputs.contains { $0.format.kind == AUSCULT_SCORE }
      return NodeWithoutOutput(name: node.name, isDetector: isDetector)
    }
  }
}

extension LinkedRuntime {
  fileprivate var hasHadInput: Bool {
    inputs.contains { input in
      [input.from, input.other].contains { $0.map { $0.runtime.outputs[$0.output].yielded > 0 } ?? false }
    }
  }
}

extension NodeRuntime {
  fileprivate var hasNoOutput: Bool {
    let formats = configuration.outputs.map(\.format)
    return formats.contains { $0.kind != AUSCULT_EVENT } && formats.indices.allSatisfy { outputs[$0].yielded == 0 }
  }
}

import CNodeABI

/// A node that had input but yielded nothing to the end of the stream. Nodes that yield events do not count: they may
/// have had no events.
public struct DryNode: Sendable, Equatable {
  public var name: String
  /// It yields scores, so it may still have been learning.
  public var isDetector: Bool
}

extension Schedule {
  /// The first dry node; nil: there is none, or a node failed, which explains it. No cycle may run.
  var dryNode: DryNode? {
    if nodes.contains(where: { $0.runtime.state.hasFailed }) { return nil }
    return nodes.first { $0.hasHeard && $0.runtime.isDry }.map { node in
      let isDetector = node.runtime.configuration.outputs.contains { $0.format.kind == AUSCULT_SCORE }
      return DryNode(name: node.name, isDetector: isDetector)
    }
  }
}

extension LinkedRuntime {
  fileprivate var hasHeard: Bool {
    inputs.contains { input in
      [input.from, input.other].contains { $0.map { $0.runtime.outputs[$0.output].yielded > 0 } ?? false }
    }
  }
}

extension NodeRuntime {
  fileprivate var isDry: Bool {
    let formats = configuration.outputs.map(\.format)
    return formats.contains { $0.kind != AUSCULT_EVENT } && formats.indices.allSatisfy { outputs[$0].yielded == 0 }
  }
}

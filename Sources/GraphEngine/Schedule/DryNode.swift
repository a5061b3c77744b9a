import CNodeABI

/// Where a stream dried up: a node that heard something and yielded nothing to its end. Nodes of events, which may have
/// none to tell of, are no such nodes.
public struct DryNode: Sendable, Equatable {
  public var name: String
  /// Tokens (audio: samples) that it heard.
  public var heard: Int64
  /// It gives scores, so it may still have been learning.
  public var isDetector: Bool
}

extension Schedule {
  /// The first one, if there is any. No cycle runs any more.
  var dryNode: DryNode? {
    for node in nodes {
      let outputs = node.runtime.configuration.outputs
      let heard = node.sources.reduce(0) { $0 + $1.state.pointee.yielded }
      guard heard > 0, node.runtime.state.pointee.yielded == 0, !node.runtime.state.pointee.hasFailed,
        outputs.contains(where: { $0.format.kind != AUSCULT_EVENT })
      else { continue }
      return DryNode(
        name: node.name, heard: heard, isDetector: outputs.contains { $0.format.kind == AUSCULT_SCORE })
    }
    return nil
  }
}

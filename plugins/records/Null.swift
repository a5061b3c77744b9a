import NodeKit

/// Discards any stream: for graphs whose results are not needed, such as benchmarks.
final class Null: OffloadNode {
  override class var declaration: NodeDeclaration {
    NodeDeclaration(
      "sink.null", version: "1.0.0", summary: "Discards all its input.", realtime: .offload, traits: .sink,
      inputs: [PortDeclaration("in", .any, "Any streams", flags: [.many, .independent])])
  }

  private var tokens = 0

  override func activate() throws { tokens = 0 }

  override func work(_ cycle: Cycle) throws {
    for index in 0..<cycle.inputCount { tokens += cycle.input(index).count }
  }

  override func deactivate() { host.log(.debug, "discarded \(tokens) tokens") }
}

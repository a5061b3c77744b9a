import NodeKit

/// Checks that there are at least two labels, and a token of each.
///
/// - Parameters:
///   - labels: of each token, index into the training's labels.
///   - count: of the tokens.
public func requireLabels(_ labels: [Int], count: Int, _ training: Training) throws {
  guard training.labels.count >= 2, labels.count == count else {
    throw NodeError("needs at least two labels: train with --dataset or --manifest")
  }
  let present = Set(labels)
  if let missing = training.labels.indices.first(where: { !present.contains($0) }) {
    throw NodeError("has no token of the label '\(training.labels[missing])': record some")
  }
}

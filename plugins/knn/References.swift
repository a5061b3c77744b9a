import Learning
import NodeKit

/// Selects the training tokens that a detector keeps and compares with.
struct References {
  private let most: Int

  static func parameter(default initial: Int) -> ParameterDeclaration {
    .integer(
      "references", "Most training tokens that are kept; chosen at random by the seed if there are more",
      default: "\(initial)",
      range: 1...1_000_000)
  }

  init(_ arguments: Arguments) { most = arguments.integer("references") }

  /// The rows of the kept tokens, in their order.
  ///
  /// - Parameter least: how many are needed at least, regardless of `references`.
  func chosen(of tokens: Matrix, neighbors: Int, least: Int, _ training: Training) throws -> [Int] {
    guard tokens.rows >= least else {
      throw NodeError("has \(tokens.rows) tokens for \(neighbors) neighbors: record more", parameter: "neighbors")
    }
    guard tokens.rows > most else { return Array(0..<tokens.rows) }
    var generator = SeededGenerator(seed: training.seed)
    return generator.permutation(tokens.rows).prefix(max(most, least)).sorted()
  }
}

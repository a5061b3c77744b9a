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
  /// - Parameters:
  ///   - count: of the tokens.
  ///   - least: how many are needed at least, regardless of `references`.
  func chosen(of count: Int, neighbors: Int, least: Int, _ training: Training) throws -> [Int] {
    guard count >= least else {
      throw NodeError("has \(count) tokens for \(neighbors) neighbors: record more", parameter: "neighbors")
    }
    guard count > most else { return Array(0..<count) }
    var generator = SeededGenerator(seed: training.seed)
    return generator.permutation(count).prefix(max(most, least)).sorted()
  }
}

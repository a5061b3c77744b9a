import Learning
import NodeKit

/// Which training tokens are kept, to be compared with.
struct References {
  private let most: Int

  static func parameter(default initial: Int) -> ParameterDeclaration {
    .integer(
      "references", "Training tokens that are kept, drawn by the seed where there are more", default: "\(initial)",
      range: 1...1_000_000)
  }

  init(_ arguments: Arguments) { most = arguments.integer("references") }

  /// The rows of those that are kept, in their order.
  ///
  /// - Parameter least: how many are needed at least, whatever `references` says.
  func chosen(of tokens: Matrix, neighbors: Int, least: Int, _ training: Training) throws -> [Int] {
    guard tokens.rows >= least else {
      throw NodeError("has \(tokens.rows) tokens for \(neighbors) neighbors: record more", parameter: "neighbors")
    }
    guard tokens.rows > most else { return Array(0..<tokens.rows) }
    var generator = SeededGenerator(seed: training.seed)
    return generator.permutation(tokens.rows).prefix(max(most, least)).sorted()
  }
}

import NodeKit

/// A scorer that takes a few tokens at a time, in single precision: each score has the same bits however many tokens
/// lie beside it. A model that is larger than the cache is then read once for all of them.
open class BatchScorer: Scorer {
  /// The most tokens of a call.
  public final let mostTokens: Int
  /// The scaled tokens [mostTokens x width].
  public final let tokens: UnsafeMutablePointer<Float>

  /// - Parameter tokens: memory for the tokens; a subclass keeps the pointer, because marked code cannot read what it
  ///   inherits.
  public init(
    _ model: Model.Machine, width: Int, mostTokens: Int, tokens: UnsafeMutablePointer<Float>, memory: ScorerMemory
  ) throws {
    self.mostTokens = mostTokens
    self.tokens = tokens
    try super.init(model, width: width, memory: memory)
  }

  /// Scores the first `count` tokens [count]. Called on workers; an override carries both marks.
  @_noLocks @_noAllocation
  open func score(_ count: Int, into scores: UnsafeMutablePointer<Double>) {}

  /// The part of each value in the score of a token of the last call, not negative [width].
  @_noLocks @_noAllocation
  open func parts(place: Int, into parts: UnsafeMutablePointer<Double>) {}
}

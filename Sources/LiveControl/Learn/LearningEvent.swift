import GraphText
import Training

/// What a training or an adaptation beside a live graph has to say. Whoever starts it words it.
public enum LearningEvent: Sendable {
  /// A round begins to learn from so many tokens.
  case roundBegan(number: Int, tokens: Int)
  /// A round is over; rounds go on until the loss is below `untilLoss`, nil: there is one alone.
  case roundLearned(LiveTraining.Round, untilLoss: Double?)
  /// After some time no token was anything but silent.
  case silence
  /// After some time so many tokens were silent.
  case silentTokens(Int)
  /// Tokens that were not learned from.
  case leftOut(silent: Int, afterGaps: Int)
  /// A request ended the learning, at this epoch.
  case endedEarly(epoch: Int?)
  /// The learning ended at this loss, which is not below the limit.
  case lossNotReached(Double, limit: Double)
  /// The model is written.
  case trained(TrainingRun.Summary)
  /// Of the whole graph, which is to take over.
  case diagnostics([Diagnostic])
  /// The whole graph runs with the model from this frame position on.
  case tookOver(model: String, position: Int64)
}

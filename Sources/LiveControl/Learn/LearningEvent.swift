import GraphText
import Training

/// An event of live training or adaptation. The caller words it.
public enum LearningEvent: Sendable {
  /// A round begins to learn from this number of tokens.
  case roundBegan(number: Int, tokens: Int)
  /// A round has ended. Rounds continue until the loss is below `untilLoss`; nil: there is only one.
  case roundLearned(LiveTraining.Round, untilLoss: Double?)
  /// All tokens so far were silent.
  case silence
  /// This number of tokens so far were silent.
  case silentTokens(Int)
  /// Tokens that were ignored.
  case leftOut(silent: Int, afterGaps: Int)
  /// A request ended learning, at this epoch.
  case endedEarly(epoch: Int?)
  /// Learning ended at this loss, which is not below the limit.
  case lossNotReached(Double, limit: Double)
  /// The model is written.
  case trained(TrainingRun.Summary)
  /// Diagnostics of the whole graph, which takes over next.
  case diagnostics([Diagnostic])
  /// From this frame position on, the whole graph runs with the model.
  case tookOver(model: String, position: Int64)
}

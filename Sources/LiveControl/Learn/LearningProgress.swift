import RunControl

/// How far a training or an adaptation beside a live graph is.
public struct LearningProgress: Sendable, Equatable {
  public enum Stage: String, Sendable {
    case listening
    case learning
    case writing = "writing the model"
    case takingOver = "taking over"
    case adapting
  }

  public var stage: Stage
  /// Rounds that were learned from.
  public var rounds = 0
  /// Of the last round.
  public var loss: Double?
  /// Rounds go on until the loss is below it; nil: the class does not learn in rounds.
  public var untilLoss: Double?

  public init(stage: Stage, rounds: Int = 0, loss: Double? = nil, untilLoss: Double? = nil) {
    self.stage = stage
    self.rounds = rounds
    self.loss = loss
    self.untilLoss = untilLoss
  }

  /// A part of what the control protocol's method `status` answers.
  public var json: JSONValue {
    .members([
      "stage": .text(stage.rawValue), "rounds": .integer(rounds), "loss": loss.map { .number($0) },
      "until_loss": untilLoss.map { .number($0) },
    ])
  }
}

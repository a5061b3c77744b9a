import RunControl

/// The progress of live training or adaptation.
public struct LearningProgress: Sendable, Equatable {
  public enum Stage: String, Sendable {
    case listening
    case learning
    case writing = "writing the model"
    case takingOver = "taking over"
    case adapting
  }

  public var stage: Stage
  /// Finished rounds.
  public var rounds = 0
  /// The loss of the last round.
  public var loss: Double?
  /// Rounds continue until the loss is below this; nil: the class does not learn in rounds.
  public var untilLoss: Double?

  public init(stage: Stage, rounds: Int = 0, loss: Double? = nil, untilLoss: Double? = nil) {
    self.stage = stage
    self.rounds = rounds
    self.loss = loss
    self.untilLoss = untilLoss
  }

  /// Part of the answer of the control protocol's method `status`.
  public var json: JSONValue {
    .members([
      "stage": .text(stage.rawValue), "rounds": .integer(rounds), "loss": loss.map { .number($0) },
      "until_loss": untilLoss.map { .number($0) },
    ])
  }
}

import Training

/// Reports each event of live training once. Thread: control.
final class TrainingReporter {
  /// Seconds of sound after which silence is reported.
  private static let patience = 10.0

  private let training: LiveTraining
  private let untilLoss: Double
  private let tell: (LearningEvent) -> Void
  private var toldRounds = 0
  private var toldLearning = 0
  private var toldSilence = false

  init(_ training: LiveTraining, untilLoss: Double, tell: @escaping (LearningEvent) -> Void) {
    self.training = training
    self.untilLoss = untilLoss
    self.tell = tell
  }

  /// Called in every polling round.
  func look() {
    tellRounds()
    tellSilence()
  }

  private func tellRounds() {
    if case .learning = training.stage, toldLearning <= training.rounds.count {
      toldLearning = training.rounds.count + 1
      tell(.roundBegan(number: toldLearning, tokens: training.roundTokens))
    }
    for round in training.rounds.dropFirst(toldRounds) {
      tell(.roundLearned(round, untilLoss: training.learnsInRounds ? untilLoss : nil))
    }
    toldRounds = training.rounds.count
  }

  private func tellSilence() {
    guard !toldSilence, training.seconds > Self.patience else { return }
    toldSilence = true
    if training.silent > 0, training.rounds.isEmpty, !training.hasHeard { tell(.silence) }
  }

  /// The model is written.
  ///
  /// - Parameter byRequest: whether a request ended learning.
  func tellEnd(_ summary: TrainingRun.Summary, byRequest: Bool) {
    if training.silent > 0 || training.afterGaps > 0 {
      tell(.leftOut(silent: training.silent, afterGaps: training.afterGaps))
    }
    if byRequest {
      tell(.endedEarly(epoch: summary.curves.compactMap { $0.epochs.last?.number }.max()))
    } else if training.learnsInRounds, let loss = training.rounds.last?.loss, loss >= untilLoss {
      tell(.lossNotReached(loss, limit: untilLoss))
    }
    tell(.trained(summary))
  }
}

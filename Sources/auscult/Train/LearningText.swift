import GraphEngine
import LiveControl
import Training

extension Console {
  /// Prints an event of live training or adaptation.
  ///
  /// - Parameter trained: prints the result.
  func tell(_ event: LearningEvent, trained: (TrainingRun.Summary) -> Void) {
    switch event {
    case .roundBegan(let number, let tokens):
      info("round \(number): learning from \(Quantity.count(tokens, "token"))")
    case .roundLearned(let round, let limit): info(words(round, untilLoss: limit))
    case .silence:
      warning("only silence so far: check the level and the connections of the source")
    case .silentTokens(let count):
      warning("\(count) silent tokens so far: check the level and the connections of the source")
    case .leftOut(let silent, let afterGaps):
      let left = [(silent, "silent"), (afterGaps, "after a gap")].filter { $0.0 > 0 }
      info("ignored tokens: \(left.map { "\($0.0) \($0.1)" }.joined(separator: ", "))")
    case .endedEarly(let epoch):
      warning("learning ended early\(epoch.map { " at epoch \($0)" } ?? "") by request; the model is the best so far")
    case .lossNotReached(let loss, let limit):
      warning("learning ended at a loss of \(Significant.text(loss)), not below \(Significant.text(limit))")
    case .trained(let summary):
      endProgress()
      trained(summary)
    case .diagnostics(let diagnostics): show(diagnostics)
    case .tookOver(let model, let position): info("watching with \(model) from frame position \(position) on")
    }
  }

  private func words(_ round: LiveTraining.Round, untilLoss: Double?) -> String {
    var words = "round \(round.number): learned"
    if let epoch = round.epoch { words += " up to epoch \(epoch)" }
    if let loss = round.loss {
      words += ", loss \(Significant.text(loss))"
      if let untilLoss { words += " (to fall below \(Significant.text(untilLoss)))" }
    }
    return words
  }
}

extension WorkCallbacks {
  /// Shows progress and epochs on a terminal, and warnings.
  init(_ console: Console, _ log: EngineLog) {
    self.init()
    progress = { console.progress("\(Quantity.fixed($0 * 100, 0)) %  \($1)") }
    let line = EpochLine(console)
    epoch = { line.show($0) }
    warn = { console.warning($0) }
    self.log = log.receive
  }
}

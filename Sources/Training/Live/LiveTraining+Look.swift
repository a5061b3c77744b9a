import DetectorHost
import GraphEngine
import NumberText

/// The work of every polling round. Thread: control.
extension LiveTraining {
  /// Collects new tokens, and starts the next step when it is due.
  ///
  /// - Parameter position: the driver's, in frames.
  public func look(position: Int64) {
    if case .done = stage { return }
    if case .failed = stage { return }
    heard = position
    hear()
    if callbacks.isCancelled(), fit == nil, end == nil { return fail(Interrupted()) }
    switch stage {
    case .listening: listen()
    case .learning: follow()
    case .finishing: takeResult()
    case .done, .failed: break
    }
  }

  private var isTimeOver: Bool { options.seconds.map { seconds >= $0 } ?? false }

  private func hear() {
    for token in store.take() where token.values.allSatisfy(\.isFinite) {
      if token.isSilent {
        silent += 1
      } else if token.isAfterGap {
        afterGaps += 1
      } else {
        sounding += 1
        collector.add(token)
      }
    }
  }

  private func listen() {
    let (done, all) = collector.progress
    callbacks.progress(
      Double(done) / Double(all), "listening: \(done) of \(all) tokens of round \(rounds.count + 1)")
    if callbacks.isEnding() { return rounds.isEmpty ? fail(Interrupted()) : finish() }
    if collector.isFull {
      note(collector.take())
      if learnsInRounds { return learn() }
    }
    guard isTimeOver else { return }
    if !learnsInRounds {
      note(collector.takeRest(share: options.heldOut))
      return learned.allSatisfy({ $0.count > 0 }) ? learn() : fail(nothingHeard)
    }
    rounds.isEmpty ? fail(nothingHeard) : finish()
  }

  private var nothingHeard: TrainingError {
    TrainingError(
      sounding == 0 && silent > 0
        ? "all \(silent) tokens are silent: there is nothing to learn; check the level, and what the source is connected to"
        : "too few tokens in \(NumberText.rounded(seconds, 1)) s: a round takes \(collector.size) tokens of each machine to learn from "
          + "and \(collector.heldOut) to hold out, of \(NumberText.rounded(input.extent, 3)) s each")
  }

  private func note(_ round: [(learned: [TapToken], heldOut: [TapToken])]) {
    for (channel, tokens) in round.enumerated() {
      if learnsInRounds { learned[channel] = TrainingExamples() }
      for token in tokens.learned {
        learned[channel].add(token.values, rows: input.rows, recording: UInt32(rounds.count))
        if remembered[channel].count < Self.mostRemembered { remembered[channel] += token.values }
      }
      learnedTokens += tokens.learned.count
      if !tokens.heldOut.isEmpty { heldOut[channel].append(tokens.heldOut.map { shared($0, channel) }) }
    }
  }

  /// The token as a view, which shares rows with others.
  private func shared(_ token: TapToken, _ channel: Int) -> TapToken {
    var token = token
    token.view = heldOutMemories[channel].add(token.values)
    token.values = []
    return token
  }

  /// Values for the distribution of levels.
  private static let mostRemembered = 1 << 22

  private func learn() {
    stage = .learning
    callbacks.fitting(true)
    let examples = learned
    fit = BackgroundJob(
      { [trainer] in
        for (machine, tokens) in examples.enumerated() { try trainer.take(tokens, machine: machine) }
        try trainer.fit()
      }, done: wake)
  }

  private func follow() {
    guard let result = fit?.result else { return }
    fit = nil
    callbacks.fitting(false)
    // Before the first epoch there is no best one.
    if callbacks.isCancelled() || callbacks.isEnding() && recorder.curves.isEmpty { return fail(Interrupted()) }
    if case .failure(let error) = result { return fail(error) }
    let round = Round(
      number: rounds.count + 1, tokens: roundTokens, loss: latestLoss,
      epoch: recorder.curves.compactMap { $0.epochs.last?.number }.max())
    epochsSeen = recorder.curves.map { $0.epochs.last?.number ?? 0 }
    rounds.append(round)
    let isGood = round.loss.map { $0 < options.untilLoss } ?? false
    let isEnough = options.rounds.map { rounds.count >= $0 } ?? false
    if !learnsInRounds || isGood || isEnough || isTimeOver || callbacks.isEnding() { return finish() }
    stage = .listening
  }

  /// The validation loss of the best epoch of this round, or the loss where nothing is held out; the worst machine's.
  private var latestLoss: Double? {
    recorder.curves.enumerated().compactMap { index, curve in
      let seen = index < epochsSeen.count ? epochsSeen[index] : 0
      let epochs = curve.epochs.filter { $0.number > seen }
      return epochs.compactMap(\.validationLoss).min() ?? epochs.compactMap(\.loss).min()
    }.max()
  }

  private func finish() {
    stage = .finishing
    let work = LiveModel(self)
    end = BackgroundJob({ try work.write() }, done: wake)
  }

  /// At the end of the run, after `join`: takes the result of the last job.
  public func conclude() { takeResult() }

  private func takeResult() {
    guard let result = end?.result else { return }
    end = nil
    switch result {
    case .success(let summary):
      // Tokens that arrive after this point are discarded.
      store.close()
      stage = .done(summary)
    case .failure(let error): fail(error)
    }
  }

  private func fail(_ error: any Error) {
    store.close()
    stage = .failed(error)
  }
}

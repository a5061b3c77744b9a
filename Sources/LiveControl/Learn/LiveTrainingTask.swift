import GraphEngine
import GraphText
import NodeHost
import RunControl
import Training

/// Trains while the graph up to the detector runs; then the whole graph continues with the model, in the same process and
/// without a break: `auscult train --live`.
///
/// Thread: control.
public final class LiveTrainingTask: LiveTask {
  public struct Options: Sendable {
    /// The detector; nil: the only one.
    public var node: String?
    public var training = LiveTraining.Options()
    /// The model file to write.
    public var output: String
    /// Ends the run after the model is written.
    public var endsTrained = false

    public init(output: String) { self.output = output }
  }

  private enum Stage { case training, takingOver, over }

  public let endRequests = EndRequests()
  public let refusal = "the graph is in training, or its new model is taking over: try again later"
  private let options: Options
  private let training: LiveTraining
  private let reporter: TrainingReporter
  private let tell: (LearningEvent) -> Void
  private let source: GraphSource
  private let catalog: PluginCatalog
  private var stage = Stage.training
  private var hasTakenOver = false
  private var failure: (any Error)?

  /// - Parameters:
  ///   - source: the source of the whole graph, with the model.
  ///   - rate: the driver's frames per second.
  ///   - wake: called on another thread when `look` has something to do.
  public init(
    _ graph: Graph, source: GraphSource, catalog: PluginCatalog, rate: Int, options: Options,
    callbacks: WorkCallbacks, wake: @escaping @Sendable () -> Void, tell: @escaping (LearningEvent) -> Void
  ) throws {
    self.options = options
    self.source = source
    self.catalog = catalog
    self.tell = tell
    training = try LiveTraining(
      graph, node: options.node, rate: rate, options: options.training, output: options.output,
      callbacks: endRequests.applied(to: callbacks), wake: wake)
    reporter = TrainingReporter(training, untilLoss: options.training.untilLoss, tell: tell)
  }

  public var graph: Graph { training.graph }
  public var isOver: Bool { stage == .over }

  public var progress: LearningProgress? {
    guard let stage = progressStage else { return nil }
    return LearningProgress(
      stage: stage, rounds: training.rounds.count, loss: training.rounds.last?.loss,
      untilLoss: training.learnsInRounds ? options.training.untilLoss : nil)
  }

  private var progressStage: LearningProgress.Stage? {
    switch (stage, training.stage) {
    case (.over, _): nil
    // After the exchange training is over, even while the old nodes still stand by.
    case (.takingOver, _): hasTakenOver ? nil : .takingOver
    case (.training, .listening): .listening
    case (.training, .learning): .learning
    default: .writing
    }
  }

  public func look(_ engine: Engine, stop: () -> Void) {
    switch stage {
    case .training: train(engine, stop)
    case .takingOver: follow(engine, stop)
    case .over: break
    }
  }

  public func finish(after outcome: Result<Void, any Error>) throws {
    let isUnfinished = stage == .training && failure == nil
    if isUnfinished { endRequests.giveUp() }
    training.join()
    if let failure { throw failure }
    guard isUnfinished else { return }
    // The model may have been written while the run came to its end.
    training.conclude()
    if case .done(let summary) = training.stage {
      return reporter.tellEnd(summary, byRequest: endRequests.wantsEnd)
    }
    throw LiveRunError.trainingUnfinished(reason: outcome.failure)
  }

  // MARK: Training

  private func train(_ engine: Engine, _ stop: () -> Void) {
    training.look(position: engine.realtime.position)
    reporter.look()
    switch training.stage {
    case .failed(let error):
      failure = error
      stop()
    case .done(let summary):
      reporter.tellEnd(summary, byRequest: endRequests.wantsEnd)
      if endRequests.wantsEnd || options.endsTrained {
        stage = .over
        return stop()
      }
      takeOver(engine, stop)
    default: break
    }
  }

  // MARK: The whole graph

  private func takeOver(_ engine: Engine, _ stop: () -> Void) {
    do throws(DiagnosticsError) {
      let (graph, warnings) = try source.load(catalog)
      tell(.diagnostics(warnings))
      let change = try engine.plan(graph)
      lockNewMemory()
      try engine.apply(change)
      stage = .takingOver
    } catch {
      tell(.diagnostics(error.diagnostics))
      fail(nil, stop)
    }
  }

  private func follow(_ engine: Engine, _ stop: () -> Void) {
    guard let status = engine.swapStatus else { return }
    if let position = status.position, !hasTakenOver, status.reason == nil {
      hasTakenOver = true
      endRequests.noteTrained()
      tell(.tookOver(model: options.output, position: position))
    }
    // The end was requested before the model was in place.
    if endRequests.wantsEnd { stop() }
    guard !engine.isSwapping else { return }
    if let reason = status.reason { return fail(reason, stop) }
    stage = .over
  }

  private func fail(_ reason: String?, _ stop: () -> Void) {
    failure = LiveRunError.modelNotTakenOver(model: options.output, reason: reason)
    stop()
  }
}

extension Result where Success == Void {
  /// The failure in words; nil: success.
  var failure: String? { if case .failure(let error) = self { "\(error)" } else { nil } }
}

import GraphEngine
import GraphText
import JACKDriver
import NodeHost
import RunControl
import Synchronization
import Training

/// What a training beside a live graph has to tell and to be told. Signals come on a thread of their own.
final class LiveWishes: Sendable {
  private let isEnding = Atomic<Bool>(false)
  private let isCancelled = Atomic<Bool>(false)
  private let isTrained = Atomic<Bool>(false)

  var wantsEnd: Bool { isEnding.load(ordering: .sequentiallyConsistent) }
  var hasGivenUp: Bool { isCancelled.load(ordering: .sequentiallyConsistent) }
  /// The model is in place: whoever wants an end means that of the run.
  func noteTrained() { isTrained.store(true, ordering: .sequentiallyConsistent) }

  func giveUp() { isCancelled.store(true, ordering: .sequentiallyConsistent) }

  /// A signal, or `auscult stop`: the first one asks for the best so far, a second one gives up.
  ///
  /// - Returns: the run itself is to end.
  func end() -> Bool {
    if isTrained.load(ordering: .sequentiallyConsistent) { return true }
    if isEnding.exchange(true, ordering: .sequentiallyConsistent) { giveUp() }
    return false
  }

  func conversation(_ talk: Talk, _ log: EngineLog) -> Conversation {
    var conversation = Conversation()
    conversation.progress = { talk.progress("\(Quantity.fixed($0 * 100, 0)) %  \($1)") }
    conversation.isCancelled = { [self] in hasGivenUp }
    conversation.isEnding = { [self] in wantsEnd }
    let line = EpochLine(talk)
    conversation.epoch = { line.show($0) }
    conversation.warn = { talk.warning($0) }
    conversation.log = log.receive
    return conversation
  }
}

/// `auscult train --live`: trains while the graph up to the detector runs, and then has the whole graph go on with the
/// model, in the same process and without a break.
///
/// Thread: control.
final class LiveSession: LiveTask {
  struct Options {
    var node: String?
    var training = LiveTraining.Options()
    var output: String
    /// Ends when the model is written.
    var endsTrained = false
    var tell: (TrainingRun.Summary) -> Void
  }

  private enum Stage { case training, takingOver, over }

  let wishes: LiveWishes
  private let options: Options
  private let training: LiveTraining
  private let talk: Talk
  private let source: GraphSource
  private let catalog: PluginCatalog
  private var stage = Stage.training
  private var toldRounds = 0
  private var toldLearning = 0
  private var toldSilence = false
  private var toldPosition = false
  /// Why it came to nothing.
  private(set) var failure: (any Error)?

  /// - Parameter source: with the model in its place.
  init(
    _ graph: Graph, source: GraphSource, catalog: PluginCatalog, rate: Int, options: Options, talk: Talk,
    log: EngineLog, control: DriverControl
  ) throws {
    self.options = options
    self.talk = talk
    self.source = source
    self.catalog = catalog
    let wishes = LiveWishes()
    self.wishes = wishes
    training = try Failure.wording {
      try LiveTraining(
        graph, node: options.node, rate: rate, options: options.training, output: options.output,
        conversation: wishes.conversation(talk, log), wake: { control.wake() })
    }
  }

  var graph: Graph { training.graph }
  var isOver: Bool { stage == .over }
  let refusal = "the graph is still being trained, or its model about to take over: try again later"

  var status: JSONValue? {
    let stage: JSONValue
    switch (self.stage, training.stage) {
    case (.over, _): return nil
    case (.takingOver, _):
      // What runs beside for a while is no training any more.
      if toldPosition { return nil }
      stage = "taking over"
    case (.training, .listening): stage = "listening"
    case (.training, .learning): stage = "learning"
    default: stage = "writing the model"
    }
    let last = training.rounds.last
    return .members([
      "stage": stage, "rounds": .integer(Int64(training.rounds.count)), "loss": last?.loss.map { .number($0) },
      "until_loss": training.learnsInRounds ? .number(options.training.untilLoss) : nil,
    ])
  }

  func look(_ engine: Engine, _ control: DriverControl) {
    switch stage {
    case .training: train(engine, control)
    case .takingOver: follow(engine, control)
    case .over: break
    }
  }

  func finish(after outcome: Result<Void, any Error>) throws {
    let isUnfinished = stage == .training && failure == nil
    if isUnfinished { wishes.giveUp() }
    training.join()
    talk.endProgress()
    if let failure { throw Failure.wording(failure) }
    guard isUnfinished else { return }
    // The model may have been written while the run came to its end.
    training.conclude()
    if case .done(let summary) = training.stage { return tell(summary) }
    var words = "the run ended before the training did"
    if case .failure(let error) = outcome { words = "\(error)" }
    throw Failure("\(words); nothing was written")
  }

  // MARK: Training

  private func train(_ engine: Engine, _ control: DriverControl) {
    training.look(position: engine.realtime.position)
    tellRounds()
    tellSilence()
    switch training.stage {
    case .failed(let error):
      failure = error
      control.stop()
    case .done(let summary):
      talk.endProgress()
      tell(summary)
      if wishes.wantsEnd || options.endsTrained {
        stage = .over
        return control.stop()
      }
      takeOver(engine, control)
    default: break
    }
  }

  private func tellRounds() {
    if case .learning = training.stage, toldLearning <= training.rounds.count {
      toldLearning = training.rounds.count + 1
      talk.info("round \(toldLearning): learning from \(Quantity.count(training.roundTokens, "token"))")
    }
    for round in training.rounds.dropFirst(toldRounds) {
      var words = "round \(round.number): learned"
      if let epoch = round.epoch { words += " up to epoch \(epoch)" }
      if let loss = round.loss {
        words +=
          ", loss \(Significant.text(loss))"
          + (training.learnsInRounds ? " (to fall below \(Significant.text(options.training.untilLoss)))" : "")
      }
      talk.info(words)
    }
    toldRounds = training.rounds.count
  }

  private static let patience = 10.0

  private func tellSilence() {
    guard !toldSilence, training.seconds > Self.patience else { return }
    toldSilence = true
    guard training.silent > 0, training.rounds.isEmpty, !training.hasHeard else { return }
    talk.warning("nothing but silence so far: check the level, and what the source is connected to")
  }

  private func tell(_ summary: TrainingRun.Summary) {
    let left = [(training.silent, "silent ones"), (training.afterGaps, "ones after a gap")].filter { $0.0 > 0 }
    if !left.isEmpty {
      talk.info("tokens that were not learned from: \(left.map { "\($0.0) \($0.1)" }.joined(separator: ", "))")
    }
    if wishes.wantsEnd {
      let epoch = summary.curves.compactMap { $0.epochs.last?.number }.max()
      talk.warning(
        "learning ended early\(epoch.map { " at epoch \($0)" } ?? "") by request; the model holds the best of what was learned until then"
      )
    } else if training.learnsInRounds, let loss = training.rounds.last?.loss, loss >= options.training.untilLoss {
      talk.warning(
        "learning ended at a loss of \(Significant.text(loss)), not below \(Significant.text(options.training.untilLoss))"
      )
    }
    options.tell(summary)
  }

  // MARK: The whole graph

  private func takeOver(_ engine: Engine, _ control: DriverControl) {
    do {
      let (graph, warnings) = try source.load(catalog)
      talk.show(warnings)
      try engine.apply(graph)
      stage = .takingOver
    } catch {
      fail(error, control)
    }
  }

  private func follow(_ engine: Engine, _ control: DriverControl) {
    guard let status = engine.swapStatus else { return }
    if let position = status.position, !toldPosition, status.reason == nil {
      toldPosition = true
      wishes.noteTrained()
      talk.info("watching with \(options.output) from frame position \(position) on")
    }
    // Asked for before the model was in place.
    if wishes.wantsEnd { control.stop() }
    guard !engine.isSwapping else { return }
    if let reason = status.reason { return fail(Failure(reason), control) }
    stage = .over
  }

  private func fail(_ error: any Error, _ control: DriverControl) {
    if let error = error as? DiagnosticsError { talk.show(error.diagnostics) }
    let words = (error as? Failure)?.text ?? "see above"
    failure = Failure("\(options.output) is written, but the graph could not go on with it: \(words)")
    control.stop()
  }
}

extension Failure {
  /// An error of training in a command's words.
  static func wording(_ error: any Error) -> any Error {
    switch error {
    case let error as TrainingError: Failure(error.description)
    case let error as Interrupted: Failure(error.description)
    case is DiagnosticsError, is Failure: error
    default: Failure("\(error)")
    }
  }

  static func wording<T>(_ body: () throws -> T) throws -> T {
    do { return try body() } catch { throw wording(error) }
  }
}

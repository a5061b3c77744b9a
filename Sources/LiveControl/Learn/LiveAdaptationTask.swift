import GraphEngine
import GraphText
import Training

/// Listens to normal sound as a second client, then adapts the model and ends: `auscult adapt --live`.
///
/// Thread: control.
public final class LiveAdaptationTask: LiveTask {
  /// Seconds of sound after which the task reports silence.
  private static let patience = 10.0

  public let endRequests = EndRequests()
  public let refusal = "this graph only listens, for `auscult adapt`: it ends when the model is adapted"
  public let isOver = false
  /// The result; nil until the end.
  public private(set) var summary: AdaptationSummary?
  private let adaptation: LiveAdaptation
  private let tell: (LearningEvent) -> Void
  private var failure: (any Error)?
  private var toldSilence = false

  /// - Parameters:
  ///   - node: the detector; nil: the only one.
  ///   - rate: the driver's frames per second.
  ///   - output: the model file to write.
  ///   - wake: called on another thread when `look` has something to do.
  public init(
    _ graph: Graph, node: String?, rate: Int, options: AdaptationOptions, output: String, callbacks: WorkCallbacks,
    wake: @escaping @Sendable () -> Void, tell: @escaping (LearningEvent) -> Void
  ) throws {
    self.tell = tell
    adaptation = try LiveAdaptation(
      graph, node: node, rate: rate, options: options, output: output,
      callbacks: endRequests.applied(to: callbacks), wake: wake)
  }

  public var graph: Graph { adaptation.graph }

  public var progress: LearningProgress? {
    if case .listening = adaptation.stage {
      LearningProgress(stage: .listening)
    } else {
      LearningProgress(stage: .adapting)
    }
  }

  public func look(_ engine: Engine, stop: () -> Void) {
    adaptation.look(position: engine.realtime.position)
    tellSilence()
    switch adaptation.stage {
    case .listening, .adapting: break
    case .done(let summary):
      self.summary = summary
      stop()
    case .failed(let error):
      failure = error
      stop()
    }
  }

  private func tellSilence() {
    guard !toldSilence, adaptation.elapsed > Self.patience else { return }
    toldSilence = true
    if adaptation.silent > 0 { tell(.silentTokens(adaptation.silent)) }
  }

  public func finish(after outcome: Result<Void, any Error>) throws {
    if summary == nil && failure == nil { endRequests.giveUp() }
    adaptation.join()
    if let failure { throw failure }
    adaptation.conclude()
    if case .done(let summary) = adaptation.stage { self.summary = summary }
    guard summary == nil else { return }
    if case .failed(let error) = adaptation.stage { throw error }
    throw LiveRunError.adaptationUnfinished(reason: outcome.failure)
  }
}

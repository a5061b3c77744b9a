import GraphEngine
import GraphText
import JACKDriver
import RunControl
import Training

/// `auscult adapt --live`: listens to normal sound beside a watch, then adapts the model and ends.
///
/// Thread: control.
final class AdaptSession: LiveTask {
  let wishes = LiveWishes()
  let refusal = "this graph only listens, for `auscult adapt`: it ends when the model is adapted"
  let isOver = false
  private let adaptation: LiveAdaptation
  private let talk: Talk
  private var failure: (any Error)?
  private(set) var summary: AdaptationSummary?
  private var toldSilence = false

  init(
    _ graph: Graph, node: String?, rate: Int, options: AdaptationOptions, output: String, talk: Talk, log: EngineLog,
    control: DriverControl
  ) throws {
    self.talk = talk
    let conversation = wishes.conversation(talk, log)
    adaptation = try Failure.wording {
      try LiveAdaptation(
        graph, node: node, rate: rate, options: options, output: output, conversation: conversation,
        wake: { control.wake() })
    }
  }

  var graph: Graph { adaptation.graph }

  var status: JSONValue? {
    let stage: JSONValue = if case .listening = adaptation.stage { "listening" } else { "adapting" }
    return ["stage": stage, "rounds": 0]
  }

  func look(_ engine: Engine, _ control: DriverControl) {
    adaptation.look(position: engine.realtime.position)
    tellSilence()
    switch adaptation.stage {
    case .listening, .adapting: break
    case .done(let summary):
      self.summary = summary
      control.stop()
    case .failed(let error):
      failure = error
      control.stop()
    }
  }

  private static let patience = 10.0

  private func tellSilence() {
    guard !toldSilence, adaptation.elapsed > Self.patience else { return }
    toldSilence = true
    guard adaptation.silent > 0 else { return }
    talk.warning("\(adaptation.silent) silent tokens so far: check the level, and what the source is connected to")
  }

  func finish(after outcome: Result<Void, any Error>) throws {
    if summary == nil && failure == nil { wishes.giveUp() }
    adaptation.join()
    talk.endProgress()
    if let failure { throw Failure.wording(failure) }
    adaptation.conclude()
    if case .done(let summary) = adaptation.stage { self.summary = summary }
    guard summary == nil else { return }
    if case .failed(let error) = adaptation.stage { throw Failure.wording(error) }
    var words = "the run ended before there was enough sound"
    if case .failure(let error) = outcome { words = "\(error)" }
    throw Failure("\(words); nothing was written")
  }
}

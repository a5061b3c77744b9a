import GraphEngine
import GraphText
import JSONText
import Models

/// Adapts a graph's model to what the graph hears while it runs: the engine runs the graph up to the detector, `look`
/// takes what has come, and when there is enough, the model is adapted beside it.
///
/// Thread: control, but for what says otherwise.
public final class LiveAdaptation {
  public enum Stage {
    case listening, adapting
    case done(AdaptationSummary)
    case failed(any Error)
  }

  /// To be run while it listens: the graph up to the detector.
  public let graph: Graph
  public private(set) var stage = Stage.listening
  /// Tokens that were left out.
  public private(set) var silent = 0
  public private(set) var afterGaps = 0

  private let work: Adaptation
  private let seconds: Double
  private let conversation: Conversation
  private let store = TapStore()
  private let wake: @Sendable () -> Void
  /// By channel.
  private var heard: [[TapToken]]
  private var job: BackgroundJob<AdaptationSummary>?
  private var position: Int64 = 0

  /// - Parameters:
  ///   - rate: of the driver.
  ///   - wake: called on another thread when `look` has something to do.
  public init(
    _ graph: Graph, node: String?, rate: Int, options: AdaptationOptions, output: String, conversation: Conversation,
    wake: @escaping @Sendable () -> Void
  ) throws {
    let target = try AdaptationRun.detector(of: graph, node)
    try OutputPlace.prepare(output, graph: graph, model: target.modelPath)
    self.conversation = conversation
    self.wake = wake
    self.graph = graph.tapped(inPlaceOf: target.name, store)
    let input = try Engine(graph: self.graph).input(of: target.name, rate: rate)
    var options = options
    options.origin = ["live": true]
    seconds = options.seconds
    work = Adaptation(
      graph: graph, node: target, input: input, path: target.modelPath ?? "", output: output, options: options,
      conversation: conversation,
      calibrate: { path, machines, model in
        let judged = JudgedRun(graph, node: target.name, model: path, conversation: conversation)
        let rate = input.driverRate
        return try Self.calibrated(
          machines, model, options.rule, judged.unit(machines: input.machines), rate, conversation)
      })
    heard = Array(repeating: [], count: input.machines.count)
  }

  /// Sets thresholds anew, as those of a live training: what was heard of a machine is one stretch of sound.
  private static func calibrated(
    _ machines: [AdaptedMachine], _ model: ModelFile, _ given: ThresholdRule?, _ unit: EventUnit, _ rate: Int,
    _ conversation: Conversation
  ) throws -> [ModelFile.Machine] {
    let known = model.machines.lazy.compactMap { $0.calibration["rule"]?.text }.first
    let rule = given ?? known.flatMap { ThresholdRule($0) } ?? .standard
    var scores = HeldOutScores()
    for machine in machines {
      var stream = ScoreStream(recording: 0, rate: rate)
      for (token, score) in zip(machine.heard.recordings.flatMap(\.tokens), machine.scores) {
        stream.append(begin: token.beginSecond, end: token.endSecond, score: score)
        stream.heard.append(token.heard(score))
      }
      scores.normal[machine.name] = [stream]
    }
    return try ThresholdSetting(rule: rule, unit: unit, limits: model.scoreLimits, conversation: conversation).set(
      machines.map { model.machines[$0.index] }, scores)
  }

  /// Seconds of sound so far.
  public var elapsed: Double { Double(position) / Double(work.input.driverRate) }

  /// Takes what was heard, and goes on to what comes next.
  ///
  /// - Parameter position: the driver's, in frames.
  public func look(position: Int64) {
    switch stage {
    case .listening:
      self.position = position
      hear()
      conversation.progress(min(1, elapsed / seconds), "listening to normal sound")
      if conversation.isCancelled() { return fail(Interrupted()) }
      if elapsed >= seconds || conversation.isEnding() { adapt() }
    case .adapting: settle()
    case .done, .failed: break
    }
  }

  private func hear() {
    for token in store.take() where token.values.allSatisfy(\.isFinite) && heard.indices.contains(token.channel) {
      if token.isSilent {
        silent += 1
      } else if token.isAfterGap {
        afterGaps += 1
      } else {
        heard[token.channel].append(token)
      }
    }
  }

  private func adapt() {
    stage = .adapting
    store.close()
    var machines: [String: Adaptation.Heard] = [:]
    for (channel, tokens) in heard.enumerated() where !tokens.isEmpty {
      let name = work.input.machines[channel]
      machines[name] = Adaptation.Heard(
        channel: channel, recordings: [(Recording(path: "live", label: Label.normal, machine: name), tokens)])
    }
    job = BackgroundJob({ [work, machines] in try work.run(machines) }, done: wake)
  }

  /// Waits for what still works.
  public func join() { job?.join() }

  /// At the end of the run, after `join`: takes what has come of it.
  public func conclude() { settle() }

  private func settle() {
    guard let result = job?.result else { return }
    job = nil
    switch result {
    case .success(let summary): stage = .done(summary)
    case .failure(let error): fail(error)
    }
  }

  private func fail(_ error: any Error) {
    store.close()
    stage = .failed(error)
  }
}

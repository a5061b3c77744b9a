import DetectorHost
import GraphEngine
import GraphText
import JSONText
import Models

/// Adapts a graph's model to the sound of a live run: the engine runs the graph up to the detector, `look` collects its
/// tokens, and when there are enough, a background thread adapts the model.
///
/// Thread: control, unless stated otherwise.
public final class LiveAdaptation {
  public enum Stage {
    case listening, adapting
    case done(AdaptationSummary)
    case failed(any Error)
  }

  /// The graph up to the detector, to run while it listens.
  public let graph: Graph
  public private(set) var stage = Stage.listening
  /// Tokens that were skipped.
  public private(set) var silent = 0
  public private(set) var afterGaps = 0

  private let work: Adaptation
  private let seconds: Double
  private let callbacks: WorkCallbacks
  private let store = TapStore()
  private let wake: @Sendable () -> Void
  /// By channel: stretches without gaps.
  private var heard: [[[TapToken]]]
  private var job: BackgroundJob<AdaptationSummary>?
  private var position: Int64 = 0

  /// - Parameters:
  ///   - rate: of the driver.
  ///   - wake: called on another thread when `look` has something to do.
  public init(
    _ graph: Graph, node: String?, rate: Int, options: AdaptationOptions, output: String, callbacks: WorkCallbacks,
    wake: @escaping @Sendable () -> Void
  ) throws {
    let target = try AdaptationRun.detector(of: graph, node)
    try ModelPath.prepare(output, graph: graph, model: target.modelPath)
    self.callbacks = callbacks
    self.wake = wake
    self.graph = graph.tapped(inPlaceOf: target.name, store)
    let input = try Engine(graph: self.graph).input(of: target.name, rate: rate)
    var options = options
    options.origin = ["live": true]
    seconds = options.seconds
    work = Adaptation(
      graph: graph, node: target, input: input, path: target.modelPath ?? "", output: output, options: options,
      callbacks: callbacks)
    heard = Array(repeating: [[]], count: input.machines.count)
  }

  /// Seconds of sound collected.
  public var elapsed: Double { Double(position) / Double(work.input.driverRate) }

  /// Collects new tokens, and starts the next step when it is due.
  ///
  /// - Parameter position: the driver's, in frames.
  public func look(position: Int64) {
    switch stage {
    case .listening:
      self.position = position
      hear()
      callbacks.progress(min(1, elapsed / seconds), "listening to normal sound")
      if callbacks.isCancelled() { return fail(Interrupted()) }
      if elapsed >= seconds || callbacks.isEnding() { adapt() }
    case .adapting: takeResult()
    case .done, .failed: break
    }
  }

  private func hear() {
    for token in store.take() where heard.indices.contains(token.channel) {
      if token.isSilent { silent += 1 }
      if token.isAfterGap || !token.values.allSatisfy(\.isFinite) {
        // It holds sound from both sides.
        afterGaps += 1
        heard[token.channel].append([])
      } else {
        heard[token.channel][heard[token.channel].count - 1].append(token)
      }
    }
  }

  private func adapt() {
    stage = .adapting
    store.close()
    var machines: [String: HeardSound] = [:]
    for (channel, stretches) in heard.enumerated() where stretches.joined().contains(where: { !$0.isSilent }) {
      let name = work.input.machines[channel]
      let recording = Recording(path: "live", label: Label.normal, machine: name)
      machines[name, default: HeardSound(channel: channel)].stretches += stretches.filter { !$0.isEmpty }.map {
        HeardSound.Stretch(recording: recording, number: 0, group: 0, tokens: $0)
      }
    }
    job = BackgroundJob({ [work, machines] in try work.run(machines) }, done: wake)
  }

  /// Waits for the background work.
  public func join() { job?.join() }

  /// At the end of the run, after `join`: takes the result.
  public func conclude() { takeResult() }

  private func takeResult() {
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

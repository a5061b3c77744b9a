import DetectorHost
import Glibc
import GraphEngine
import GraphText
import Models

/// Trains a graph's detector on the sound of a live run: the engine runs the graph up to the detector, and `look`
/// collects its tokens. A background thread with low priority does the training.
///
/// Thread: control, unless stated otherwise.
public final class LiveTraining {
  public struct Options: Sendable {
    public var seed: UInt64 = 42
    /// Nil: the default of the class.
    public var rule: ThresholdRule?
    /// Tokens that are held out for the threshold, relative to those for training.
    public var heldOut = 0.2
    /// Tokens of each machine that a round learns from.
    public var round = 10
    /// Rounds continue until the validation loss is below it.
    public var untilLoss = 0.1
    /// The most rounds.
    public var rounds: Int?
    /// The most seconds of sound to listen to.
    public var seconds: Double?

    public init() {}
  }

  public enum Stage {
    case listening, learning, finishing
    case done(TrainingRun.Summary)
    case failed(any Error)
  }

  /// How a round went.
  public struct Round: Sendable {
    public var number: Int
    public var tokens: Int
    /// The worst machine's; nil where the class reports no epochs.
    public var loss: Double?
    /// The last epoch so far.
    public var epoch: Int?
  }

  /// The graph up to the detector, to run while it learns.
  public let graph: Graph
  public let learnsInRounds: Bool
  public internal(set) var stage = Stage.listening
  public internal(set) var rounds: [Round] = []
  /// Tokens that were skipped.
  public internal(set) var silent = 0
  public internal(set) var afterGaps = 0

  let whole: Graph
  let node: Graph.Node
  let options: Options
  let output: String
  let callbacks: WorkCallbacks
  let store = TapStore()
  let input: DetectorInput
  let trainer: DetectorTrainer
  let recorder: CurveRecorder
  let wake: @Sendable () -> Void

  var collector: RoundCollector
  /// Tokens of all rounds so far, by channel; training tokens are kept only where the class learns once.
  var learned: [TrainingExamples]
  var heldOut: [[ScoredTokens]]
  let heldOutMemories: [TokenMemory]
  /// Values of the first training tokens, of all rounds, by channel.
  var remembered: [[Float]]
  var learnedTokens = 0
  var fit: BackgroundJob<Void>?
  var end: BackgroundJob<TrainingRun.Summary>?
  var heard: Int64 = 0
  var sounding = 0
  /// For each curve, the last epoch of the round before.
  var epochsSeen: [Int] = []

  /// Tokens of one held-out stretch.
  typealias ScoredTokens = [TapToken]

  /// The detector to train.
  ///
  /// - Parameter node: its name; nil: the only one.
  /// - Throws: `TrainingError` where there is none, or live training can't train it.
  public static func detector(of graph: Graph, _ node: String?, _ options: Options) throws -> Graph.Node {
    let target = try graph.detector(node)
    guard let learnsLabels = DetectorTrainer.learnsLabels(target.nodeClass) else {
      throw TrainingError(
        "node '\(target.name)' (\(target.nodeClass.name)) has nothing to train: it learns while it runs")
    }
    guard !learnsLabels else {
      throw TrainingError(
        "node '\(target.name)' (\(target.nodeClass.name)) is a classifier, and live sound has no labels: train it "
          + "with --dataset or --manifest")
    }
    guard DetectorTrainer.learnsInRounds(target.nodeClass) || options.seconds != nil else {
      throw TrainingError(
        "node '\(target.name)' (\(target.nodeClass.name)) learns once, not in rounds: set with --duration how long to "
          + "listen")
    }
    return target
  }

  /// - Parameters:
  ///   - rate: of the driver.
  ///   - wake: called on another thread when `look` has something to do.
  /// - Throws: `TrainingError` where live training can't train the node; `DiagnosticsError` at the graph's lines.
  public init(
    _ graph: Graph, node: String?, rate: Int, options: Options, output: String, callbacks: WorkCallbacks,
    wake: @escaping @Sendable () -> Void
  ) throws {
    let target = try Self.detector(of: graph, node, options)
    learnsInRounds = DetectorTrainer.learnsInRounds(target.nodeClass)
    try ModelPath.prepare(output, graph: graph, model: target.modelPath)
    whole = graph
    self.node = target
    self.options = options
    self.output = output
    self.callbacks = callbacks
    self.wake = wake
    self.graph = graph.tapped(inPlaceOf: target.name, store)
    input = try Engine(graph: self.graph).input(of: target.name, rate: rate)
    trainer = try DetectorTrainer(graph, node: target.untrained, log: callbacks.log)
    recorder = CurveRecorder(machines: input.machines, callbacks: callbacks, share: 0...1)
    let isSet = if case .manual? = options.rule { true } else { false }
    collector = RoundCollector(
      size: options.round, heldOut: isSet ? 0 : max(1, Int((Double(options.round) * options.heldOut).rounded(.up))),
      channels: input.machines.count)
    learned = Array(repeating: TrainingExamples(), count: input.machines.count)
    heldOut = Array(repeating: [], count: input.machines.count)
    let (rows, columns) = (input.rows, input.columns)
    heldOutMemories = input.machines.map { _ in TokenMemory(rows: rows, columns: columns) }
    remembered = Array(repeating: [], count: input.machines.count)
    try trainer.begin(
      input, machines: input.machines, labels: [], seed: options.seed, listener: recorder.listener)
  }

  /// Waits for the current training, after `callbacks.isCancelled` became true or the run ended.
  public func join() {
    fit?.join()
    end?.join()
  }

  /// Tokens that are being learned from, or were last.
  public var roundTokens: Int { learned.reduce(0) { $0 + $1.count } }

  /// A usable token has arrived.
  public var hasHeard: Bool { sounding > 0 }

  /// Seconds of sound collected.
  public var seconds: Double { Double(heard) / Double(input.driverRate) }
}

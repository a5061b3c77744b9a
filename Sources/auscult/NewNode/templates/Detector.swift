import CNodeABI
import Glibc
import NodeKit

/// detector.@NAME@: the distance of a token's level from the usual one.
///
/// A token is what the node before yields: features (a value for each band) or a slice (such rows one after the other).
/// Its level is the mean of its values; the score is how far that is from the usual level of the machine. The usual
/// level and the threshold come from the graph, or from a model that `auscult train` wrote.
///
/// To make a detector of your own, change `level(of:)` and what is learned and loaded (`take`, `write`, `load`). The
/// compiler proves of functions with `@_noLocks @_noAllocation` that they never allocate or lock, so that `process` may
/// run on the realtime thread. State that `process` uses lies in `NodeMemory`, not in arrays.
final class Detector: Node, Trainable {
  override class var declaration: NodeDeclaration {
    NodeDeclaration(
      "detector.@NAME@", version: "1.0.0", summary: "Distance of the level from the usual one.", realtime: .hard,
      traits: [.detector, .trainable],
      inputs: [PortDeclaration("in", [.features, .slice], "Levels of bands")],
      outputs: [PortDeclaration("score", .score, "Distance from the usual level")],
      parameters: [
        .inputPath("model", "A model file of `auscult train`"),
        .number(
          "usual", "The usual level, in the input's unit; 'model': as learned", also: .decibel, default: "model",
          range: -1e6...1e6, words: ["model"]), Thresholds.parameter,
      ])
  }

  /// What is known of one machine; a channel is a machine.
  private struct Machine {
    /// The level of usual tokens.
    var usual: Double
    /// A score above it is anomalous.
    var threshold: Double
  }

  private let path: String?
  /// Nil: as learned.
  private let usual: Double?
  private let thresholds: Thresholds
  /// Values in a token.
  private var width = 1
  /// By channel; nil: not known yet.
  private var known: [Machine?] = []
  private let memory = NodeMemory()
  private var machines: UnsafeMutablePointer<Machine>?
  private var training: Training?
  /// By machine of the training.
  private var learned: [Double?] = []

  required init(_ arguments: Arguments) throws {
    path = arguments["model"]?.text
    usual = arguments["usual"]?.number
    thresholds = Thresholds(arguments["threshold"])
    try super.init(arguments)
  }

  // MARK: The life of an instance: configure, activate, process ..., deactivate

  /// Reads the format of the input, and sets the format of the output.
  override func configure(_ setup: Setup, _ answer: inout Answer) throws {
    let input = setup.input
    width = input.rows * input.columns
    answer.output.format.kind = .score
    answer.output.format.rows = 1
    answer.output.format.columns = 1
    answer.output.format.scale = .other
    answer.output.format.frequencies = []
    // A score has its token's position.
    answer.output.format.stampedByNode = true
    // Nodes before this one may hold tokens back, and deliver many in one call.
    answer.output.burst = 64
    answer.history = input.frames(ticks: input.extent)
    // A graph may be checked before its model exists; `activate` insists on it.
    let model = try path.flatMap { access($0, R_OK) == 0 ? try Model($0, host: host) : nil }
    answer.model = model?.digest
    let fixed = try thresholds.fixed(for: input.machines)
    known = try zip(input.machines, fixed).map { name, threshold in
      let machine = try model?.machine(name)
      guard let usual = try usual ?? machine.map(load), let threshold = threshold ?? machine?.threshold else {
        return nil
      }
      return Machine(usual: usual, threshold: threshold)
    }
  }

  private func load(_ machine: Model.Machine) throws -> Double { try machine.doubles("usual", [1]).values[0] }

  override func activate() throws {
    memory.free()
    machines = memory.array(
      try known.map { machine in
        if let machine { return machine }
        guard let path else {
          throw NodeError(
            "needs a model of `auscult train`, or numbers for 'usual' and 'threshold'", parameter: "model")
        }
        throw NodeError(
          "\(path) does not exist, or has no threshold: train it with `auscult train`", parameter: "model")
      })
  }

  override func deactivate() {
    machines = nil
    memory.free()
  }

  /// Judges all tokens that have arrived.
  @_noLocks @_noAllocation
  override func process(_ cycle: Cycle) {
    guard let machines else { return }
    let (input, output) = (cycle.input, cycle.output)
    for token in 0..<input.count {
      for channel in 0..<input.channels {
        let distance = abs(level(of: input.values(token, channel)) - machines[channel].usual)
        let score = output.score(token, channel)
        score.pointee = auscult_score()
        // Scores must be finite, whatever the input is.
        score.pointee.score = distance < 1e30 ? distance : 1e30
        score.pointee.threshold = machines[channel].threshold
        score.pointee.class_index = -1
      }
      output.head(token).pointee = input.head(token).pointee
    }
    output.count = input.count
  }

  @_noLocks @_noAllocation
  private func level(of values: UnsafePointer<Float>) -> Double {
    var sum = 0.0
    for index in 0..<width { sum += Double(values[index]) }
    return sum / Double(width)
  }

  // MARK: Training: begin, take (each machine's tokens), fit, write. The host finds the threshold from the scores.

  /// Normal tokens only.
  static var learnsLabels: Bool { false }
  static var drawsBySeed: Bool { false }

  func begin(_ training: Training) throws {
    self.training = training
    width = training.format.rows * training.format.columns
    learned = Array(repeating: nil, count: training.machines.count)
  }

  func take(_ examples: Examples) throws {
    let sum = (0..<examples.count).reduce(0.0) { $0 + level(of: examples.row($1)) }
    learned[examples.machine] = sum / Double(examples.count)
  }

  func fit() throws { try training?.progress(1, "levels") }

  func write(_ writer: ModelWriter) throws {
    for (index, usual) in learned.enumerated() {
      if let usual { try writer.tensor("usual", machine: index, shape: [1], [usual]) }
    }
  }

  func endTraining() {
    training = nil
    learned = []
  }
}

private let library = Library(Detector.self)

/// The plugin's one exported symbol.
@_cdecl("auscult_library")
public func auscult_library() -> UnsafePointer<auscult_library_info> { library.info }

import CNodeABI
import NodeKit

/// Base of detectors that judge each token by a trained model, one for each machine: a subclass learns one machine's
/// parameters, and makes a `Scorer` of them.
///
/// They run on workers: a judgement comes in one piece at the end of a slice, and what it costs depends on the model.
/// Each token of each channel is judged by itself, so a score never depends on how many come together.
open class ModelDetector: OffloadNode, Trainable, Explaining, Reporting {
  /// Parameters of every detector with a model; a subclass adds its own.
  public static let sharedParameters: [ParameterDeclaration] = [
    .inputPath("model", "A model file that `auscult train` made, for this very front end"), Thresholds.parameter,
  ]

  public static let inputs = [
    PortDeclaration("in", [.features, .slice], "Levels of bands; a slice counts as one vector")
  ]
  public static func output(_ summary: String) -> [PortDeclaration] { [PortDeclaration("score", .score, summary)] }

  /// Scores are limited to this: finite whatever comes in.
  private static let greatest = 1e30
  /// Bands that a score names.
  private static let namedBands = 3

  open class var learnsLabels: Bool { false }

  private let path: String?
  private let thresholds: Thresholds
  private var format: StreamFormat?
  private var scorers: [Scorer] = []
  private var limits: [Double] = []
  private var row = Row(width: 0, columns: 0)
  // While training.
  public private(set) var training: Training?
  private var examples: [Examples] = []
  private var learned: [Parameters] = []

  public required init(_ arguments: Arguments) throws {
    path = arguments["model"]?.text
    thresholds = Thresholds(arguments["threshold"])
    try super.init(arguments)
  }

  // MARK: What differs

  /// What is learned of one machine.
  public struct Parameters {
    public enum Values {
      case floats([Float])
      case doubles([Double])
    }
    public var tensors: [(name: String, shape: [Int], values: Values)] = []
    public var figures: [(name: String, value: Double)] = []

    public init() {}

    public mutating func add(_ name: String, _ shape: [Int], _ values: [Double]) {
      tensors.append((name, shape, .doubles(values)))
    }
    public mutating func add(_ name: String, _ shape: [Int], floats values: [Float]) {
      tensors.append((name, shape, .floats(values)))
    }
    public mutating func figure(_ name: String, _ value: Double) { figures.append((name, value)) }
  }

  /// How values are scaled before `learn` and `Scorer.score` get them.
  open var scaling: Scaling { .none }

  /// Learns one machine's parameters from its scaled tokens. Thread: control; may take long.
  ///
  /// - Parameter progress: to be called now and then with how far it is, from 0 to 1; throws when the person gave up.
  open func learn(
    _ tokens: Matrix, labels: [Int], _ training: Training, progress: (Double) throws -> Void
  ) throws -> Parameters { Parameters() }

  /// What judges one machine's tokens of `width` values.
  open func scorer(_ model: Model, _ machine: Model.Machine, width: Int) throws -> Scorer {
    preconditionFailure("a ModelDetector must override `scorer`")
  }

  // MARK: Control

  public final override func configure(_ setup: Setup, _ answer: inout Answer) throws {
    let input = setup.input
    format = input
    scorers = []
    let fixed = try thresholds.fixed(for: input.machines)
    limits = fixed.map { $0 ?? 0 }
    answer.output.format.kind = .score
    answer.output.format.rows = 1
    answer.output.format.columns = 1
    answer.output.format.scale = .other
    answer.output.format.frequencies = input.frequencies
    answer.output.format.machines = []
    answer.output.format.stampedByNode = true
    // What the nodes before hold back comes on top of the tokens of a call.
    answer.output.burst = 64
    answer.history = input.frames(ticks: input.extent)
    answer.reach = 0
    // A model that is missing is an error only when the graph is to run.
    guard let path, isReadable(path) else { return }
    let model = try Model(path, host: host)
    answer.model = model.digest
    answer.classNames = model.labels
    let width = input.rows * input.columns
    for (channel, name) in input.machines.enumerated() {
      let machine = try model.machine(name)
      scorers.append(try scorer(model, machine, width: width))
      guard let limit = fixed[channel] ?? machine.threshold else {
        throw NodeError(
          "\(path): has no threshold for '\(name)'; set one with `auscult calibrate`, or give 'threshold'",
          parameter: "model")
      }
      limits[channel] = limit
    }
  }

  public final override func activate() throws {
    guard let format else { throw NodeError("not configured") }
    guard let path else {
      throw NodeError("needs a model: train one with `auscult train`, then give 'model: FILE'", parameter: "model")
    }
    guard scorers.count == format.channels else {
      throw NodeError("\(path): there is no such file; train it first", parameter: "model")
    }
    row = Row(width: format.rows * format.columns, columns: format.columns)
  }

  // MARK: Worker

  public final override func work(_ cycle: Cycle) throws {
    for token in 0..<cycle.input.count {
      for channel in scorers.indices {
        judge(scorers[channel], limits[channel], cycle.input.values(token, channel), cycle.output.score(token, channel))
      }
      cycle.output.head(token).pointee = cycle.input.head(token).pointee
    }
    cycle.output.count = cycle.input.count
  }

  private func judge(
    _ scorer: Scorer, _ limit: Double, _ token: UnsafePointer<Float>, _ output: UnsafeMutablePointer<auscult_score>
  ) {
    scorer.scale(token, into: row.values)
    let score = scorer.score(row.values, scorer.width)
    let verdict = scorer.verdict()
    output.pointee = auscult_score()
    output.pointee.score = score.isFinite ? min(max(score, -Self.greatest), Self.greatest) : Self.greatest
    output.pointee.threshold = limit
    output.pointee.class_index = verdict.index
    output.pointee.probability = verdict.probability
    guard output.pointee.score > limit else { return }
    scorer.parts(row.values, scorer.width, into: row.parts)
    output.pointee.band_count = UInt32(row.rank(into: &output.pointee.bands, most: Self.namedBands))
  }

  // MARK: explain/1

  public final func explain(
    channel: Int, token: UnsafePointer<Float>, bands: UnsafeMutablePointer<Float>,
    moments: UnsafeMutablePointer<Float>
  ) throws {
    guard let format, channel < scorers.count else { throw NodeError("has no model") }
    scorers[channel].scale(token, into: row.values)
    scorers[channel].parts(row.values, scorers[channel].width, into: row.parts)
    for line in 0..<format.rows {
      for column in 0..<format.columns {
        let part = Float(row.parts[line * format.columns + column])
        bands[column] += part
        moments[line] += part
      }
    }
  }

  // MARK: trainer/1 and report/1

  public final func begin(_ training: Training) throws {
    self.training = training
    examples = []
    learned = []
  }

  public final func take(_ examples: Examples) throws { self.examples.append(examples) }

  public final func fit() throws {
    guard let training else { return }
    for (index, machine) in examples.enumerated() {
      let name = training.machines[machine.machine]
      let share = 1 / Double(examples.count)
      let standardizer = Standardizer(machine, scaling)
      let labels = machine.labels.map { labels in (0..<machine.count).map { Int(labels[$0]) } } ?? []
      do {
        var parameters = try learn(standardizer.matrix(machine), labels: labels, training) {
          try training.progress((Double(index) + $0) * share, name)
        }
        parameters.add("scale_mean", [machine.width], standardizer.means)
        parameters.add("scale_factor", [machine.width], standardizer.factors)
        learned.append(parameters)
      } catch let error as NodeError {
        throw NodeError("machine '\(name)': \(error.text)", parameter: error.parameter)
      }
      try training.progress(Double(index + 1) * share, name)
    }
  }

  public final func write(_ writer: ModelWriter) throws {
    for (machine, parameters) in zip(examples, learned) {
      for tensor in parameters.tensors {
        switch tensor.values {
        case .floats(let values):
          try writer.tensor(tensor.name, machine: machine.machine, shape: tensor.shape, values)
        case .doubles(let values):
          try writer.tensor(tensor.name, machine: machine.machine, shape: tensor.shape, values)
        }
      }
    }
  }

  public final func report(_ figure: (_ of: String, _ name: String, _ value: Double) -> Void) throws {
    guard let training else { return }
    for (machine, parameters) in zip(examples, learned) {
      figure(training.machines[machine.machine], "tokens", Double(machine.count))
      for (name, value) in parameters.figures { figure(training.machines[machine.machine], name, value) }
    }
  }

  public final func endTraining() {
    training = nil
    examples = []
    learned = []
  }
}

import NodeKit

/// Base of detectors that learn one machine's parameters from all its tokens at once.
open class ModelDetector: JudgingNode, Trainable, Reporting {
  open class var learnsLabels: Bool { false }
  open class var drawsBySeed: Bool { true }
  public static var takesViews: Bool { true }

  /// How values are scaled before `learn` and `Scorer.score` get them: the parameter `scale`.
  private let scaling: Scaling
  //  During training.
  public private(set) var training: Training?
  private var examples: [Examples] = []
  private var learned: [Parameters] = []
  private var carried: [CarriedBands?] = []

  public required init(_ arguments: Arguments) throws {
    scaling = Scaling(arguments)
    try super.init(arguments)
  }

  //  MARK: What subclasses define

  /// The parameters learned for one machine.
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

  /// Learns one machine's parameters from its scaled tokens. Thread: control; may take long.
  ///
  /// - Parameter progress: call it now and then with the progress from 0 to 1; throws when the user cancelled.
  open func learn(
    _ tokens: ScaledTokens, labels: [Int], _ training: Training, progress: (Double) throws -> Void
  ) throws -> Parameters { Parameters() }

  /// The scorer of one machine's tokens of `width` values.
  open func scorer(_ model: Model, _ machine: Model.Machine, width: Int) throws -> Scorer {
    preconditionFailure("a ModelDetector must override `scorer`")
  }

  public final override func scorer(
    _ model: Model, _ machine: Model.Machine, rows: Int, columns: Int
  ) throws -> Scorer { try scorer(model, machine, width: rows * columns) }

  // MARK: trainer/1 and report/1

  public final func begin(_ training: Training) throws {
    self.training = training
    examples = []
    learned = []
    carried = []
  }

  public final func take(_ examples: Examples) throws { self.examples.append(examples) }

  public final func fit() throws {
    guard let training else { return }
    for (index, machine) in examples.enumerated() {
      let name = training.machines[machine.machine]
      let share = 1 / Double(examples.count)
      // Missing bands may be what distinguishes a label.
      let bands = training.labels.isEmpty ? CarriedBands(training.format, [machine]) : nil
      carried.append(bands)
      tell(bands, of: name)
      let standardizer = Standardizer(
        [machine], scaling, emptyColumns: bands?.emptyColumns ?? [], columns: training.format.columns)
      let labels = machine.labels.map { labels in (0..<machine.count).map { Int(labels[$0]) } } ?? []
      do {
        var parameters = try learn(ScaledTokens(machine, standardizer), labels: labels, training) {
          try training.progress((Double(index) + $0) * share, name)
        }
        parameters.add("scale_mean", [machine.width], standardizer.means)
        parameters.add("scale_factor", [machine.width], standardizer.factors)
        for tensor in bands?.tensors ?? [] { parameters.add(tensor.name, [tensor.values.count], tensor.values) }
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
    carried = []
  }
}

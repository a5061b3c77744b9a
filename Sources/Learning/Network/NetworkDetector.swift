import NodeKit

/// Base of detectors with a network: a subclass defines its layers, and its score.
///
/// One network is trained for each machine, or one for all of them (`isShared`).
open class NetworkDetector: JudgingNode, LearnsInRounds {
  open class var learnsLabels: Bool { false }
  public static var takesViews: Bool { true }

  /// The purpose of a network: its input and its labels.
  public struct Purpose {
    /// Analysis frames and bands of a token.
    public var rows: Int
    public var columns: Int
    /// Labels of a classifier.
    public var labels: [String]
    public var machines: Int
    public var seed: UInt64

    public var size: Int { rows * columns }
  }

  public let options: NetworkOptions
  private var training: Training?
  /// Of this round.
  private var examples: [Int: Examples] = [:]
  private var learners: [(machine: Int?, learner: NetworkLearner)] = []
  private var standardizers: [Int: Standardizer] = [:]
  /// By machine: the bands that its sound contains.
  private var carried: [Int: CarriedBands] = [:]
  /// Some machine's sound lacks bands: these are left out, even if values are not standardised.
  private var masksBands = false
  /// Copies of the tokens of earlier rounds, by machine.
  private var remembered: [Int: NetworkTokens] = [:]

  public required init(_ arguments: Arguments) throws {
    options = NetworkOptions(arguments)
    try super.init(arguments)
  }

  //  MARK: What subclasses define

  /// The layers, for tokens of these sizes.
  /// - Throws: `NodeError` where no network is possible for such tokens.
  /// - Throws: `NodeError` where a network cannot be made for such tokens.
  open func layers(_ purpose: Purpose) throws -> [Layer<Float>] {
    preconditionFailure("a NetworkDetector must override `layers`")
  }

  /// The structure of the layers from the parameters, in one line: models of another structure are refused.
  open var structure: String { preconditionFailure("a NetworkDetector must override `structure`") }

  open var loss: Loss { .meanSquaredError }

  /// Whether one network is trained for all machines.
  open var isShared: Bool { false }

  /// Whether `write` gets the tokens of all rounds, not only of the last.
  open var remembersTokens: Bool { false }

  /// Writes the model's parts other than the network. `tokens`: the training tokens.
  open func write(_ writer: ModelWriter, _ network: Network<Float>, _ tokens: NetworkTokens, machines: [Int]) throws {}

  /// The scorer with a network of the model.
  open func scorer(
    _ network: Network<Float>, _ model: Model, _ machine: Model.Machine, purpose: Purpose
  ) throws -> Scorer { preconditionFailure("a NetworkDetector must override `scorer`") }

  // MARK: Control

  public final override func scorer(
    _ model: Model, _ machine: Model.Machine, rows: Int, columns: Int
  ) throws -> Scorer {
    let known = model.text("network") ?? "none"
    guard known == structure else {
      throw NodeError(
        "the model's network is \(known), the graph's \(structure): give the parameters that it was trained with, or "
          + "train again", parameter: "model")
    }
    guard let machines = model.text("machines").flatMap({ Int($0) }), (1...65536).contains(machines),
      machine.index < machines
    else {
      throw NodeError("the model does not give its number of machines; train again", parameter: "model")
    }
    let purpose = Purpose(rows: rows, columns: columns, labels: model.labels, machines: machines, seed: 0)
    let network = Network(try checkedLayers(purpose, memory: Int.max), batch: 1)
    try NetworkStorage.read(network, from: isShared ? model.everyMachine : machine)
    return try scorer(network, model, machine, purpose: purpose)
  }

  // MARK: trainer/1

  public final func begin(_ training: Training) throws {
    forget()
    self.training = training
    // Refuse impossible tokens before anyone waits for them.
    _ = try checkedLayers(purpose(training, seed: 0), memory: training.memory / 4)
  }

  private func forget() {
    training = nil
    learners = []
    examples = [:]
    standardizers = [:]
    carried = [:]
    masksBands = false
    remembered = [:]
  }

  public final func take(_ examples: Examples) throws {
    if remembersTokens, let old = self.examples[examples.machine] {
      remembered[old.machine, default: NetworkTokens(width: old.width, standardizer(of: [old]))].add(copiesOf: old)
    }
    self.examples[examples.machine] = examples
  }

  public final func fit() throws {
    guard let training else { return }
    let machines = examples.keys.sorted()
    for (index, group) in (isShared ? [machines] : machines.map { [$0] }).enumerated() {
      let share = 1 / Double(isShared ? 1 : machines.count)
      let machine = isShared ? nil : group[0]
      let name = machine.map { training.machines[$0] } ?? "all machines"
      do {
        let tokens = tokens(of: group)
        let learner = try learner(of: machine, training, tokens: tokens.count)
        try learner.fit(tokens, machine: machine) { done in
          let epoch = (Double(learner.epochs % options.epochs) + done) / Double(options.epochs)
          try training.progress((Double(index) + epoch) * share, name)
        } report: {
          try training.epoch($0)
        }
      } catch let error as NodeError {
        throw NodeError("machine '\(name)': \(error.text)", parameter: error.parameter)
      }
    }
  }

  /// The learner of a machine, which continues from round to round.
  private func learner(of machine: Int?, _ training: Training, tokens: Int) throws -> NetworkLearner {
    if let known = learners.first(where: { $0.machine == machine }) { return known.learner }
    let seed = training.seed &+ UInt64(machine ?? 0) &* 0x9e37_79b9
    let learner = NetworkLearner(
      try checkedLayers(purpose(training, seed: seed), memory: training.memory / 4), loss, options, tokens: tokens,
      seed: seed)
    learners.append((machine, learner))
    return learner
  }

  /// - Parameter memory: the most bytes. The optimiser takes the same again for each of its two moments.
  private func checkedLayers(_ purpose: Purpose, memory: Int) throws -> [Layer<Float>] {
    try Allotment.within(memory, isStrict: true) { try layers(purpose) }.result
  }

  private func purpose(_ training: Training, seed: UInt64) -> Purpose {
    Purpose(
      rows: training.format.rows, columns: training.format.columns, labels: training.labels,
      machines: training.machines.count, seed: seed)
  }

  private func tokens(of machines: [Int]) -> NetworkTokens {
    let group = machines.map { examples[$0]! }
    var tokens = NetworkTokens(width: group[0].width, standardizer(of: group))
    for examples in group { tokens.add(examples) }
    return tokens
  }

  /// The tokens of all rounds where they are kept, or of the last.
  private func allTokens(of machines: [Int]) -> NetworkTokens {
    guard remembersTokens else { return tokens(of: machines) }
    let group = machines.map { examples[$0]! }
    var tokens = NetworkTokens(width: group[0].width, standardizer(of: group))
    for examples in group {
      if let earlier = remembered[examples.machine] { tokens.add(earlier) }
      tokens.add(examples)
    }
    return tokens
  }

  /// The scaling of the first round serves all rounds. Nil: no scaling.
  private func standardizer(of group: [Examples]) -> Standardizer? {
    let key = isShared ? -1 : group[0].machine
    if standardizers[key] == nil { standardizers[key] = newStandardizer(group) }
    return options.scaling == .none && !masksBands ? nil : standardizers[key]
  }

  private func newStandardizer(_ group: [Examples]) -> Standardizer {
    guard let training, training.labels.isEmpty, let bands = CarriedBands(training.format, group) else {
      return Standardizer(group, options.scaling)
    }
    for examples in group {
      tell(bands, of: training.machines[examples.machine])
      carried[examples.machine] = bands
    }
    if !bands.emptyColumns.isEmpty { masksBands = true }
    return Standardizer(
      group, options.scaling, emptyColumns: bands.emptyColumns, columns: training.format.columns)
  }

  public final func write(_ writer: ModelWriter) throws {
    try writer.text("network", structure)
    try writer.text("machines", "\(training?.machines.count ?? 1)")
    for (machine, learner) in learners {
      let machines = machine.map { [$0] } ?? examples.keys.sorted()
      try NetworkStorage.write(learner.network, to: writer, machine: machine)
      for each in machines {
        let standardizer = standardizers[machine ?? -1]!
        try writer.tensor("scale_mean", machine: each, shape: [standardizer.means.count], standardizer.means)
        try writer.tensor("scale_factor", machine: each, shape: [standardizer.factors.count], standardizer.factors)
        for tensor in carried[each]?.tensors ?? [] {
          try writer.tensor(tensor.name, machine: each, shape: [tensor.values.count], tensor.values)
        }
      }
      try write(writer, learner.network, allTokens(of: machines), machines: machines)
    }
  }

  public final func endTraining() { forget() }
}

import NodeKit

/// Trains one network: epochs of shuffled batches, validated on tokens that are not trained on. After each round it
/// keeps the best epoch, or the last if there are no tokens for validation.
///
/// Thread: control; one at a time. The same tokens, options and seed give the same weights, bit for bit, on one machine.
public final class NetworkLearner {
  public let network: Network<Float>
  private let options: NetworkOptions
  private let loss: Loss
  private let optimiser: Adam<Float>
  private var generator: SeededGenerator
  /// Epochs so far, in all rounds.
  public private(set) var epochs = 0
  /// Of the last round: the epoch whose weights were kept, and its loss.
  private var best: (epoch: Int, loss: Double) = (0, .infinity)
  private var bestValues: [[Float]] = []

  /// Tokens of one step.
  private let batch: Int

  /// - Parameter tokens: number of tokens in a round; no step has more.
  public init(_ layers: [Layer<Float>], _ loss: Loss, _ options: NetworkOptions, tokens: Int, seed: UInt64) {
    self.options = options
    self.loss = loss
    batch = min(options.batch, max(1, tokens))
    network = Network(layers, batch: batch)
    network.initialize(options.initialization, seed: seed)
    optimiser = Adam(network.parameters, rate: options.rate, like: options.initialization)
    generator = SeededGenerator(seed: seed ^ 0x6a09_e667_f3bc_c908)
  }

  /// One round: trains until its epochs or the patience end, or the caller ends it.
  ///
  /// - Parameters:
  ///   - progress: the epoch's progress from 0 to 1; throws when the user cancelled.
  ///   - report: gets each epoch; false: end with the best so far.
  /// - Throws: `NodeError` where the loss is not finite.
  public func fit(
    _ tokens: NetworkTokens, machine: Int?, progress: (Double) throws -> Void,
    report: (Training.Epoch) throws -> Bool
  ) throws {
    let (train, validation) = tokens.divided(validation: options.validation, &generator)
    let last = epochs + options.epochs
    best = (epochs, .infinity)
    bestValues = []
    var (leastLoss, leastEpoch) = (Double.infinity, epochs)
    while epochs < last {
      let learned = try learn(tokens, train, progress)
      let judged = validation.isEmpty ? nil : judge(tokens, validation)
      epochs += 1
      let watched = judged?.loss ?? learned.loss
      guard watched.isFinite, learned.loss.isFinite else {
        throw NodeError(
          "its loss is not a finite number after \(epochs) epochs: lower 'learning_rate', or scale the tokens",
          parameter: "learning_rate")
      }
      // Without validation tokens the last epoch is kept, and patience watches the training loss.
      if judged == nil || watched < best.loss { keep(watched, isJudged: judged != nil) }
      if watched < leastLoss { (leastLoss, leastEpoch) = (watched, epochs) }
      let goesOn = try report(
        Training.Epoch(
          machine: machine, number: epochs, last: last, loss: learned.loss, validationLoss: judged?.loss,
          accuracy: learned.accuracy, validationAccuracy: judged?.accuracy))
      if !goesOn || (options.patience > 0 && epochs - leastEpoch >= options.patience) { break }
    }
    restore()
  }

  private typealias Outcome = (loss: Double, accuracy: Double?)

  private func learn(_ tokens: NetworkTokens, _ train: [Int], _ progress: (Double) throws -> Void) throws -> Outcome {
    let order = generator.permutation(train.count).map { train[$0] }
    var counted = Counted()
    for from in stride(from: 0, to: order.count, by: batch) {
      try progress(Double(from) / Double(order.count))
      let part = tokens.batch(order[from..<min(from + batch, order.count)])
      // The loss uses the weights before each step, as in Keras.
      let losses = network.learn(part, loss) { counted.add($1, part.classes?[$0], network.outputSize) }
      counted.add(losses)
      optimiser.step()
      network.parametersChanged()
    }
    return counted.outcome
  }

  private func judge(_ tokens: NetworkTokens, _ indices: [Int]) -> Outcome {
    var counted = Counted()
    for from in stride(from: 0, to: indices.count, by: batch) {
      let part = tokens.batch(indices[from..<min(from + batch, indices.count)])
      let losses = network.judge(part, loss) { counted.add($1, part.classes?[$0], network.outputSize) }
      counted.add(losses)
    }
    return counted.outcome
  }

  private struct Counted {
    var losses = 0.0
    var tokens = 0
    var classified = 0
    var right = 0

    mutating func add(_ losses: [Float]) {
      for loss in losses { self.losses += Double(loss) }
      tokens += losses.count
    }

    mutating func add(_ output: UnsafePointer<Float>, _ wanted: Int32?, _ size: Int) {
      guard let wanted else { return }
      var likeliest = 0
      for index in 0..<size where output[index] > output[likeliest] { likeliest = index }
      classified += 1
      if likeliest == Int(wanted) { right += 1 }
    }

    var outcome: Outcome {
      (losses / Double(max(1, tokens)), classified > 0 ? Double(right) / Double(classified) : nil)
    }
  }

  private func keep(_ loss: Double, isJudged: Bool) {
    best = (epochs, loss)
    if isJudged { bestValues = network.parameters.map(\.values.array) }
  }

  private func restore() {
    guard !bestValues.isEmpty else { return }
    for (parameter, values) in zip(network.parameters, bestValues) { parameter.values.array = values }
    network.parametersChanged()
  }
}

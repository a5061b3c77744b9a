import CKernels
import CRealtime
import Learning
import NodeKit

/// Minus the log-likelihood under a mixture of Gaussians with diagonal covariances: minus scikit-learn's
/// `GaussianMixture(covariance_type="diag").score_samples`. Fitted by expectation maximisation from k-means.
final class GaussianMixture: ModelDetector {
  override class var declaration: NodeDeclaration {
    NodeDeclaration(
      "detector.gmm", version: "1.0.0", summary: "Minus the log-likelihood under a diagonal Gaussian mixture.",
      realtime: .offload, traits: [.detector, .trainable], inputs: inputs, outputs: output("Minus the log-likelihood"),
      parameters: sharedParameters + [
        .integer("components", "Gaussians in the mixture", default: "4", range: 1...256),
        .number("floor", "Added to every variance", default: "1e-6", range: 0...1e9),
        .number(
          "tolerance", "Training ends when an iteration raises the mean log-likelihood by less", default: "1e-3",
          range: 0...1e9),
        .integer("iterations", "Most iterations of the training", default: "100", range: 1...100_000),
        Scaling.parameter(default: .standard),
      ])
  }

  private let components: Int
  private let settings: MixtureFit.Settings

  required init(_ arguments: Arguments) throws {
    components = arguments.integer("components")
    settings = MixtureFit.Settings(
      floor: arguments.number("floor"), tolerance: arguments.number("tolerance"),
      iterations: arguments.integer("iterations"))
    try super.init(arguments)
  }

  override func learn(
    _ tokens: ScaledTokens, labels: [Int], _ training: Training, progress: (Double) throws -> Void
  ) throws -> Parameters {
    guard tokens.count >= components else {
      throw NodeError("has \(tokens.count) tokens for \(components) components: record more", parameter: "components")
    }
    var generator = SeededGenerator(seed: training.seed)
    let start = try KMeansFit(tokens, clusters: components, starts: 1, generator: &generator) { try progress($0 / 2) }
    var fit = MixtureFit(tokens, assignment: start.assignment, components: components, settings)
    try fit.run { try progress(0.5 + $0 / 2) }
    guard fit.variances.values.allSatisfy({ $0 > 0 }) else {
      throw NodeError("a variance is 0: give a 'floor' above 0", parameter: "floor")
    }
    var parameters = Parameters()
    parameters.add("weights", [components], fit.weights)
    parameters.add("means", [components, tokens.width], fit.means.values)
    parameters.add("variances", [components, tokens.width], fit.variances.values)
    parameters.figure("mean log-likelihood", fit.likelihood)
    parameters.figure("iterations", Double(fit.iterations))
    return parameters
  }

  override func scorer(_ model: Model, _ machine: Model.Machine, width: Int) throws -> Scorer {
    try MixtureScorer(machine, width: width)
  }
}

private final class MixtureScorer: Scorer {
  private let means: UnsafePointer<Double>
  private let precisions: UnsafePointer<Double>
  /// log(weight) - log of the normalisation, of each component.
  private let constants: UnsafePointer<Double>
  private let count: Int
  private let logarithms: UnsafeMutablePointer<Double>

  init(_ model: Model.Machine, width: Int) throws {
    let memory = ScorerMemory()
    let (means, shape) = try model.doubles("means", [nil, width])
    let count = shape[0]
    let variances = try model.doubles("variances", [count, width]).values
    let weights = try model.doubles("weights", [count]).values
    guard variances.allSatisfy({ $0 > 0 }), weights.allSatisfy({ $0 > 0 }) else {
      throw NodeError("the model's variances and weights are not positive; train again", parameter: "model")
    }
    self.count = count
    self.means = memory.keep(means)
    precisions = memory.keep(variances.map { 1 / $0 })
    constants = memory.keep(
      (0..<count).map { component in
        let logarithm = variances[(component * width)..<((component + 1) * width)].reduce(0) { $0 + realtime_log($1) }
        return realtime_log(weights[component]) - 0.5 * (logarithm + Double(width) * realtime_log(2 * .pi))
      })
    logarithms = memory.room(count, of: 0)
    try super.init(model, width: width, memory: memory)
  }

  @_noLocks @_noAllocation
  private func compute(_ row: UnsafePointer<Double>, _ width: Int) -> Int {
    var best = 0
    for index in 0..<count {
      logarithms[index] =
        constants[index] - 0.5 * kernel_weighted_distance(row, means + index * width, precisions + index * width, width)
      if logarithms[index] > logarithms[best] { best = index }
    }
    return best
  }

  @_noLocks @_noAllocation
  override func score(_ row: UnsafePointer<Double>, _ width: Int) -> Double {
    let best = logarithms[compute(row, width)]
    var sum = 0.0
    for index in 0..<count { sum += realtime_exp(logarithms[index] - best) }
    return -(best + realtime_log(sum))
  }

  /// Of the likeliest component.
  @_noLocks @_noAllocation
  override func parts(_ row: UnsafePointer<Double>, _ width: Int, into parts: UnsafeMutablePointer<Double>) {
    let best = compute(row, width) * width
    for index in 0..<width {
      let difference = row[index] - means[best + index]
      parts[index] = 0.5 * difference * difference * precisions[best + index]
    }
  }
}

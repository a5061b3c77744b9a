import CKernels
import CRealtime
import Learning
import NodeKit

/// Logistic regression: classifies by the labels of its training data, with one weight for each value and label. Class
/// and probability are those of scikit-learn's `LogisticRegression` (L2, `lbfgs` at its optimum): two labels share one
/// row of weights, more are multinomial. The score is the log odds that the token is not normal.
final class LogisticRegression: ModelDetector {
  override class var declaration: NodeDeclaration {
    NodeDeclaration(
      "classifier.logistic", version: "1.0.0", summary: "Classifies labelled sounds by logistic regression.",
      realtime: .offload, traits: [.detector, .trainable], inputs: inputs,
      outputs: output("Class and probability; log odds that it is not normal, or not the likeliest label"),
      parameters: sharedParameters + [
        .number(
          "c",
          "Inverse of the regularisation strength (scikit-learn's C): higher values fit the data more closely",
          default: "1", range: 1e-9...1e9),
        .integer("iterations", "Most Newton steps of learning", default: "200", range: 1...100_000),
        .number(
          "tolerance", "Learning ends when no slope of the loss exceeds this share of the first one",
          default: "1e-10",
          range: 1e-15...1),
        Scaling.parameter(default: .standard),
      ])
  }

  override class var learnsLabels: Bool { true }
  override class var drawsBySeed: Bool { false }

  private let strength: Double
  private let iterations: Int
  private let tolerance: Double

  required init(_ arguments: Arguments) throws {
    strength = arguments.number("c")
    iterations = arguments.integer("iterations")
    tolerance = arguments.number("tolerance")
    try super.init(arguments)
  }

  override func learn(
    _ tokens: ScaledTokens, labels: [Int], _ training: Training, progress: (Double) throws -> Void
  ) throws -> Parameters {
    let (width, count) = (tokens.width, training.labels.count)
    try requireLabels(labels, count: tokens.count, training)
    var fit = LogisticFit(tokens, labels: labels, count: count, penalty: 1 / strength)
    let isSettled = try fit.run(iterations: iterations, tolerance: tolerance, progress: progress)
    guard fit.weights.values.allSatisfy(\.isFinite) else {
      throw NodeError("found no finite weights: give a smaller 'c'", parameter: "c")
    }
    var parameters = Parameters()
    parameters.add("weights", [count, width], fit.weightRows)
    parameters.add("intercepts", [count], fit.intercepts)
    parameters.figure("iterations", Double(fit.steps))
    parameters.figure("settled", isSettled ? 1 : 0)
    parameters.figure("loss", fit.meanLoss)
    return parameters
  }

  override func scorer(_ model: Model, _ machine: Model.Machine, width: Int) throws -> Scorer {
    try LogisticScorer(machine, width: width, labels: model.labels)
  }
}

private final class LogisticScorer: Scorer {
  /// [count x width]
  private let weights: UnsafePointer<Double>
  private let intercepts: UnsafePointer<Double>
  private let count: Int
  private let odds: ClassOdds

  init(_ model: Model.Machine, width: Int, labels: [String]) throws {
    guard labels.count >= 2 else {
      throw NodeError("the model does not name its labels; train again", parameter: "model")
    }
    let memory = ScorerMemory()
    count = labels.count
    weights = memory.keep(try model.doubles("weights", [labels.count, width]).values)
    intercepts = memory.keep(try model.doubles("intercepts", [labels.count]).values)
    odds = ClassOdds(labels: labels, memory: memory)
    try super.init(model, width: width, memory: memory)
  }

  @_noLocks @_noAllocation
  override func score(_ row: UnsafePointer<Double>, _ width: Int) -> Double {
    for index in 0..<count {
      odds.logarithms[index] = intercepts[index] + kernel_dot_double(row, weights + index * width, width)
    }
    return odds.judge()
  }

  @_noLocks @_noAllocation
  override func verdict() -> Verdict { odds.verdict() }

  /// How much each value speaks for the likeliest label over the reference.
  @_noLocks @_noAllocation
  override func parts(_ row: UnsafePointer<Double>, _ width: Int, into parts: UnsafeMutablePointer<Double>) {
    _ = score(row, width)
    let likeliest = weights + Int(odds.verdict().index) * width
    let reference = weights + odds.reference() * width
    for index in 0..<width {
      let part = row[index] * (likeliest[index] - reference[index])
      parts[index] = part > 0 ? part : 0
    }
  }
}

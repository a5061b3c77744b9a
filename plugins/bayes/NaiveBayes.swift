import CKernels
import CRealtime
import Learning
import NodeKit

/// Gaussian naive Bayes: classifies by the labels of its training data. Class and probability are those of
/// scikit-learn's
/// `GaussianNB`. The score is the log odds that the token is not normal.
final class NaiveBayes: ModelDetector {
  override class var declaration: NodeDeclaration {
    NodeDeclaration(
      "detector.bayes", version: "1.0.0", summary: "Gaussian naive Bayes: classifies labelled sounds.",
      realtime: .offload, traits: [.detector, .trainable], inputs: inputs,
      outputs: output("Class and probability; log odds that it is not normal, or not the likeliest label"),
      parameters: sharedParameters + [
        .number(
          "smoothing", "Share of the greatest variance that is added to every variance", default: "1e-9", range: 0...1)
      ])
  }

  override class var learnsLabels: Bool { true }
  override class var drawsBySeed: Bool { false }

  private let smoothing: Double

  required init(_ arguments: Arguments) throws {
    smoothing = arguments.number("smoothing")
    try super.init(arguments)
  }

  override func learn(
    _ tokens: ScaledTokens, labels: [Int], _ training: Training, progress: (Double) throws -> Void
  ) throws -> Parameters {
    let (width, count) = (tokens.width, training.labels.count)
    try requireLabels(labels, count: tokens.count, training)
    var means = Matrix(rows: count, columns: width)
    var variances = means
    var sizes = [Double](repeating: 0, count: count)
    tokens.readAll { index, values in
      let label = labels[index]
      sizes[label] += 1
      for column in 0..<width { means.values[label * width + column] += values[column] }
    }
    for index in means.values.indices { means.values[index] /= sizes[index / width] }
    tokens.readAll { index, values in
      let label = labels[index]
      for column in 0..<width {
        let difference = values[column] - means.values[label * width + column]
        variances.values[label * width + column] += difference * difference
      }
    }
    let floor = smoothing * greatestVariance(tokens)
    for index in variances.values.indices {
      variances.values[index] = variances.values[index] / sizes[index / width] + floor
    }
    guard variances.values.allSatisfy({ $0 > 0 }) else {
      throw NodeError(
        "a value does not vary within a label (does it have only one token?): increase 'smoothing', or give more sound",
        parameter: "smoothing")
    }
    var parameters = Parameters()
    parameters.add("means", [count, width], means.values)
    parameters.add("variances", [count, width], variances.values)
    parameters.add("priors", [count], sizes.map { $0 / Double(tokens.count) })
    for (label, size) in zip(training.labels, sizes) { parameters.figure("tokens of \(label)", size) }
    return parameters
  }

  private func greatestVariance(_ tokens: ScaledTokens) -> Double {
    let means = tokens.columnMeans()
    var squares = [Double](repeating: 0, count: tokens.width)
    tokens.readAll { _, values in
      for column in 0..<tokens.width {
        let difference = values[column] - means[column]
        squares[column] += difference * difference
      }
    }
    return (squares.max() ?? 0) / Double(tokens.count)
  }

  override func scorer(_ model: Model, _ machine: Model.Machine, width: Int) throws -> Scorer {
    try BayesScorer(machine, width: width, labels: model.labels)
  }
}

private final class BayesScorer: Scorer {
  private let means: UnsafePointer<Double>
  private let precisions: UnsafePointer<Double>
  private let constants: UnsafePointer<Double>
  private let count: Int
  private let odds: ClassOdds

  init(_ model: Model.Machine, width: Int, labels names: [String]) throws {
    let labels = names.count
    let memory = ScorerMemory()
    means = memory.keep(try model.doubles("means", [labels, width]).values)
    let variances = try model.doubles("variances", [labels, width]).values
    let priors = try model.doubles("priors", [labels]).values
    guard labels >= 1, variances.allSatisfy({ $0 > 0 }), priors.allSatisfy({ $0 > 0 }) else {
      throw NodeError("the model's variances and priors are not positive; train again", parameter: "model")
    }
    count = labels
    precisions = memory.keep(variances.map { 1 / $0 })
    constants = memory.keep(
      (0..<labels).map { label in
        let logarithm = variances[(label * width)..<((label + 1) * width)].reduce(0) { $0 + realtime_log(2 * .pi * $1) }
        return realtime_log(priors[label]) - 0.5 * logarithm
      })
    odds = ClassOdds(labels: names, memory: memory)
    try super.init(model, width: width, memory: memory)
  }

  @_noLocks @_noAllocation
  override func score(_ row: UnsafePointer<Double>, _ width: Int) -> Double {
    for index in 0..<count {
      odds.logarithms[index] =
        constants[index] - 0.5 * kernel_weighted_distance(row, means + index * width, precisions + index * width, width)
    }
    return odds.judge()
  }

  @_noLocks @_noAllocation
  override func verdict() -> Verdict { odds.verdict() }

  /// How much less likely each value is for the reference than for the likeliest label.
  @_noLocks @_noAllocation
  override func parts(_ row: UnsafePointer<Double>, _ width: Int, into parts: UnsafeMutablePointer<Double>) {
    _ = score(row, width)
    let likeliest = Int(odds.verdict().index) * width
    let reference = odds.reference() * width
    for index in 0..<width {
      let near = row[index] - means[likeliest + index]
      let far = row[index] - means[reference + index]
      let part = far * far * precisions[reference + index] - near * near * precisions[likeliest + index]
      parts[index] = part > 0 ? 0.5 * part : 0
    }
  }
}

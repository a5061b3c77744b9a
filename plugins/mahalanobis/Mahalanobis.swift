import CKernels
import CRealtime
import Learning
import NodeKit

/// Squared Mahalanobis distance from the mean of the training tokens: scikit-learn's `EmpiricalCovariance.mahalanobis`
/// and `LedoitWolf.mahalanobis`. Every machine has its own covariance.
final class Mahalanobis: ModelDetector {
  override class var drawsBySeed: Bool { false }

  override class var declaration: NodeDeclaration {
    NodeDeclaration(
      "detector.mahalanobis", version: "1.0.0",
      summary: "Squared Mahalanobis distance from the mean, by the covariance of the training tokens.",
      realtime: .offload, traits: [.detector, .trainable], inputs: inputs,
      outputs: output("Squared Mahalanobis distance"),
      parameters: sharedParameters + [
        .choice(
          "covariance", "Estimator of the covariance: empirical, or shrunk by the formula of Ledoit and Wolf",
          of: ["ledoit-wolf", "empirical"], default: "ledoit-wolf"), Scaling.parameter(default: .none),
      ])
  }

  /// A larger covariance takes too much memory, and too many tokens to estimate.
  private static let greatestWidth = 2048

  private let isShrunk: Bool

  required init(_ arguments: Arguments) throws {
    isShrunk = arguments.text("covariance") == "ledoit-wolf"
    try super.init(arguments)
  }

  override func learn(
    _ tokens: ScaledTokens, labels: [Int], _ training: Training, progress: (Double) throws -> Void
  ) throws -> Parameters {
    let width = tokens.width
    guard width <= Self.greatestWidth else {
      throw NodeError(
        "a covariance of \(width) values is too large (at most \(Self.greatestWidth)): put a 'statistics' node before it"
      )
    }
    guard tokens.count >= 2 else { throw NodeError("has only one token: record more") }
    let means = tokens.columnMeans()
    var covariance = tokens.gram(minus: means)
    covariance.values = covariance.values.map { $0 / Double(tokens.count) }
    let shrinkage = isShrunk ? ledoitWolf(tokens, means, covariance) : 0
    let trace = (0..<width).reduce(0.0) { $0 + covariance.values[$1 * width + $1] } / Double(width)
    covariance.values = covariance.values.map { $0 * (1 - shrinkage) }
    for index in 0..<width { covariance.values[index * width + index] += shrinkage * trace }
    try progress(0.5)
    guard let (values, vectors) = covariance.eigen() else { throw NodeError("the covariance has no eigenvalues") }
    // As pinvh: eigenvalues that are zero but for rounding do not count.
    let least = Double(width) * Double.ulpOfOne * (values.map(abs).max() ?? 0)
    let rank = values.prefix { $0 > least }.count
    guard rank > 0 else { throw NodeError("all tokens are alike: there is no covariance") }
    var whitening: [Double] = []
    for index in 0..<rank { whitening += vectors.row(index).map { $0 / values[index].squareRoot() } }
    var parameters = Parameters()
    parameters.add("mean", [width], means)
    parameters.add("whitening", [rank, width], whitening)
    parameters.figure("rank", Double(rank))
    parameters.figure("shrinkage", shrinkage)
    return parameters
  }

  /// The shrinkage of Ledoit and Wolf (2004), as scikit-learn computes it.
  private func ledoitWolf(_ tokens: ScaledTokens, _ means: [Double], _ covariance: Matrix) -> Double {
    let (count, width) = (Double(tokens.count), Double(tokens.width))
    let mean = (0..<tokens.width).reduce(0.0) { $0 + covariance.values[$1 * tokens.width + $1] } / width
    var fourth = 0.0
    tokens.readAll { _, values in
      var square = 0.0
      for column in 0..<tokens.width {
        let difference = values[column] - means[column]
        square += difference * difference
      }
      fourth += square * square
    }
    let norm = covariance.values.reduce(0) { $0 + $1 * $1 }
    let beta = (fourth / count - norm) / (width * count)
    let delta = (norm - 2 * mean * mean * width + width * mean * mean) / width
    let least = min(beta, delta)
    return least <= 0 || delta == 0 ? 0 : least / delta
  }

  override func scorer(_ model: Model, _ machine: Model.Machine, width: Int) throws -> Scorer {
    try WhiteningScorer(machine, width: width)
  }
}

private final class WhiteningScorer: Scorer {
  private let means: UnsafePointer<Double>
  private let whitening: UnsafePointer<Double>
  private let rank: Int
  private let centered: UnsafeMutablePointer<Double>

  init(_ model: Model.Machine, width: Int) throws {
    let memory = ScorerMemory()
    means = memory.keep(try model.doubles("mean", [width]).values)
    let (values, shape) = try model.doubles("whitening", [nil, width])
    whitening = memory.keep(values)
    rank = shape[0]
    centered = memory.room(width, of: 0)
    try super.init(model, width: width, memory: memory)
  }

  @_noLocks @_noAllocation
  override func score(_ row: UnsafePointer<Double>, _ width: Int) -> Double {
    for index in 0..<width { centered[index] = row[index] - means[index] }
    var sum = 0.0
    for line in 0..<rank {
      let projection = kernel_dot_double(whitening + line * width, centered, width)
      sum += projection * projection
    }
    return sum
  }

  /// The square is distributed over the values by (x - mean) * (precision (x - mean)), where that is positive.
  @_noLocks @_noAllocation
  override func parts(_ row: UnsafePointer<Double>, _ width: Int, into parts: UnsafeMutablePointer<Double>) {
    for index in 0..<width {
      centered[index] = row[index] - means[index]
      parts[index] = 0
    }
    for line in 0..<rank {
      let vector = whitening + line * width
      let projection = kernel_dot_double(vector, centered, width)
      for index in 0..<width { parts[index] += projection * vector[index] * centered[index] }
    }
    for index in 0..<width { parts[index] = parts[index] > 0 ? parts[index] : 0 }
  }
}

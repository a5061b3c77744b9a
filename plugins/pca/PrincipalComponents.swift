import CKernels
import CRealtime
import Learning
import NodeKit

/// Reconstruction error of a principal component analysis: the Euclidean distance between a token and its
/// reconstruction, scikit-learn's `norm(x - pca.inverse_transform(pca.transform(x)))`.
final class PrincipalComponents: ModelDetector {
  override class var drawsBySeed: Bool { false }

  override class var declaration: NodeDeclaration {
    NodeDeclaration(
      "detector.pca", version: "1.0.0", summary: "Reconstruction error of a principal component analysis.",
      realtime: .offload, traits: [.detector, .trainable], inputs: inputs, outputs: output("Norm of the residual"),
      parameters: sharedParameters + [
        .number(
          "components", "Components to keep: a number, or the share of the variance that they explain",
          also: .percent, default: "90 %", range: 1...4096),
        Scaling.parameter(default: .standard),
      ])
  }

  /// The smaller side of the training matrix, from which the eigenvalues are computed.
  private static let greatestSide = 4096

  private let components: Value

  required init(_ arguments: Arguments) throws {
    components = arguments["components"]!
    guard components.unit != .percent || components.number! > 0 && components.number! < 100 else {
      throw NodeError("a share of the variance must be above 0 and below 100 %", parameter: "components")
    }
    guard components.unit == .percent || components.number == components.number?.rounded() else {
      throw NodeError("is not a whole number; for a share of the variance write it in %", parameter: "components")
    }
    try super.init(arguments)
  }

  override func learn(
    _ tokens: ScaledTokens, labels: [Int], _ training: Training, progress: (Double) throws -> Void
  ) throws -> Parameters {
    try progress(0)
    guard tokens.count >= 2 else { throw NodeError("has only one token: record more") }
    let means = tokens.columnMeans()
    guard min(tokens.count, tokens.width) <= Self.greatestSide else {
      throw NodeError(
        "\(tokens.count) tokens of \(tokens.width) values are too many (\(Self.greatestSide) of either at most): put a "
          + "'statistics' node before it")
    }
    let wide = tokens.width > tokens.count ? centered(tokens, means) : nil
    guard let (values, vectors) = (wide?.gram(ofRows: true) ?? tokens.gram(minus: means)).eigen() else {
      throw NodeError("the covariance has no eigenvalues")
    }
    try progress(0.8)
    let total = values.reduce(0) { $0 + max($1, 0) }
    guard total > 0 else { throw NodeError("all tokens are alike: they have no variation") }
    let rank = values.prefix { $0 > values[0] * 1e-12 }.count
    let count = min(rank, wanted(values, total))
    var basis = Matrix(rows: count, columns: vectors.columns, Array(vectors.values[..<(count * vectors.columns)]))
    if let wide {
      // From eigenvectors of X X' to those of X' X.
      basis = basis.times(wide)
      for row in 0..<count {
        let length = values[row].squareRoot()
        for column in 0..<basis.columns { basis.values[row * basis.columns + column] /= length }
      }
    }
    var parameters = Parameters()
    parameters.add("mean", [tokens.width], means)
    parameters.add("basis", [count, tokens.width], basis.values)
    parameters.figure("components", Double(count))
    parameters.figure("explained variance", values.prefix(count).reduce(0, +) / total)
    return parameters
  }

  /// All tokens minus their means, where they are fewer than their values.
  private func centered(_ tokens: ScaledTokens, _ means: [Double]) -> Matrix {
    var matrix = tokens.matrix()
    matrix.subtract(means)
    return matrix
  }

  /// The number of components that the parameter asks for. For a share it is the first number that exceeds it, as in
  /// scikit-learn.
  private func wanted(_ values: [Double], _ total: Double) -> Int {
    guard components.unit == .percent else { return Int(components.number!) }
    var sum = 0.0
    for (index, value) in values.enumerated() {
      sum += max(value, 0)
      if sum / total > components.number! / 100 { return index + 1 }
    }
    return values.count
  }

  override func scorer(_ model: Model, _ machine: Model.Machine, width: Int) throws -> Scorer {
    try ResidualScorer(machine, width: width)
  }
}

private final class ResidualScorer: Scorer {
  private let means: UnsafePointer<Double>
  private let basis: UnsafePointer<Double>
  private let count: Int
  private let residual: UnsafeMutablePointer<Double>

  init(_ model: Model.Machine, width: Int) throws {
    let memory = ScorerMemory()
    means = memory.keep(try model.doubles("mean", [width]).values)
    let (values, shape) = try model.doubles("basis", [nil, width])
    basis = memory.keep(values)
    count = shape[0]
    residual = memory.room(width, of: 0)
    try super.init(model, width: width, memory: memory)
  }

  /// The components are orthonormal, so each removes its own part.
  @_noLocks @_noAllocation
  private func reduce(_ row: UnsafePointer<Double>, _ width: Int) {
    for index in 0..<width { residual[index] = row[index] - means[index] }
    for component in 0..<count {
      let vector = basis + component * width
      let projection = kernel_dot_double(vector, residual, width)
      for index in 0..<width { residual[index] -= projection * vector[index] }
    }
  }

  @_noLocks @_noAllocation
  override func score(_ row: UnsafePointer<Double>, _ width: Int) -> Double {
    reduce(row, width)
    return realtime_sqrt(kernel_dot_double(residual, residual, width))
  }

  @_noLocks @_noAllocation
  override func parts(_ row: UnsafePointer<Double>, _ width: Int, into parts: UnsafeMutablePointer<Double>) {
    reduce(row, width)
    for index in 0..<width { parts[index] = residual[index] * residual[index] }
  }
}

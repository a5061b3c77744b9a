import CKernels
import CRealtime
import Learning
import NodeKit

/// Distance to the nearest of the centres that k-means finds in the training tokens: scikit-learn's
/// `KMeans.transform(...).min(axis=1)`.
final class KMeans: ModelDetector {
  override class var declaration: NodeDeclaration {
    NodeDeclaration(
      "detector.kmeans", version: "1.0.0", summary: "Euclidean distance to the nearest k-means centre.",
      realtime: .offload, traits: [.detector, .trainable], inputs: inputs,
      outputs: output("Distance to the nearest centre"),
      parameters: sharedParameters + [
        .integer("clusters", "Number of centres", default: "1", range: 1...1024),
        Scaling.parameter(default: .standard),
      ])
  }

  private let clusters: Int

  required init(_ arguments: Arguments) throws {
    clusters = arguments.integer("clusters")
    try super.init(arguments)
  }

  override func learn(
    _ tokens: ScaledTokens, labels: [Int], _ training: Training, progress: (Double) throws -> Void
  ) throws -> Parameters {
    guard tokens.count >= clusters else {
      throw NodeError("has \(tokens.count) tokens for \(clusters) clusters: record more", parameter: "clusters")
    }
    var generator = SeededGenerator(seed: training.seed)
    let fit = try KMeansFit(tokens, clusters: clusters, generator: &generator, progress: progress)
    var parameters = Parameters()
    parameters.add("centers", [clusters, tokens.width], fit.centers.values)
    parameters.figure("inertia", fit.inertia)
    return parameters
  }

  override func scorer(_ model: Model, _ machine: Model.Machine, width: Int) throws -> Scorer {
    try CenterScorer(machine, width: width)
  }
}

private final class CenterScorer: Scorer {
  private let centers: UnsafePointer<Double>
  private let count: Int
  /// [count]
  private let distances: UnsafeMutablePointer<Double>
  /// The centre that is nearest to the token that was scored last.
  private var nearest = 0

  init(_ model: Model.Machine, width: Int) throws {
    let memory = ScorerMemory()
    let (values, shape) = try model.doubles("centers", [nil, width])
    centers = memory.keep(values)
    count = shape[0]
    distances = memory.room(count, of: 0)
    try super.init(model, width: width, memory: memory)
  }

  @_noLocks @_noAllocation
  override func score(_ row: UnsafePointer<Double>, _ width: Int) -> Double {
    kernel_distances(distances, row, centers, count, width)
    var best = (index: 0, squared: Double.infinity)
    for index in 0..<count where distances[index] < best.squared { best = (index, distances[index]) }
    nearest = best.index
    return realtime_sqrt(best.squared)
  }

  @_noLocks @_noAllocation
  override func parts(_ row: UnsafePointer<Double>, _ width: Int, into parts: UnsafeMutablePointer<Double>) {
    let center = centers + nearest * width
    for index in 0..<width { parts[index] = (row[index] - center[index]) * (row[index] - center[index]) }
  }
}

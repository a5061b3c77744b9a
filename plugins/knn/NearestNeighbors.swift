import CKernels
import CRealtime
import Learning
import NodeKit

/// Distance to the nearest training tokens (scikit-learn's `NearestNeighbors.kneighbors`), plain or divided by the
/// local density: each reference's mean distance to its own nearest neighbours (Wilkinghoff, 2024).
final class NearestNeighbors: ModelDetector {
  override class var declaration: NodeDeclaration {
    NodeDeclaration(
      "detector.knn", version: "1.0.0", summary: "Distance to the nearest training tokens, by their local density.",
      realtime: .offload, traits: [.detector, .trainable], inputs: inputs,
      outputs: output("Distance to the nearest neighbours"),
      parameters: sharedParameters + [
        .integer("neighbors", "Number of neighbours", default: "1", range: 1...64),
        .choice(
          "density",
          "local: divide each distance by that reference's mean distance to its own neighbours; none: plain distance",
          of: ["local", "none"], default: "local"),
        References.parameter(default: 2000),
        Scaling.parameter(default: .standard),
      ])
  }

  private let neighbors: Int
  private let references: References
  private let isLocal: Bool

  required init(_ arguments: Arguments) throws {
    neighbors = arguments.integer("neighbors")
    references = References(arguments)
    isLocal = arguments.text("density") == "local"
    try super.init(arguments)
  }

  override func learn(
    _ tokens: ScaledTokens, labels: [Int], _ training: Training, progress: (Double) throws -> Void
  ) throws -> Parameters {
    let chosen = try references.chosen(of: tokens.count, neighbors: neighbors, least: neighbors + 1, training)
    let values = tokens.floats(of: chosen)
    var densities = [Double](repeating: 1, count: chosen.count)
    if isLocal {
      for index in chosen.indices {
        if index % 64 == 0 { try progress(Double(index) / Double(chosen.count)) }
        densities[index] = meanDistance(values, tokens.width, index)
      }
    }
    // References that coincide have no distance: use the least distance of the others.
    let least = densities.filter { $0 > 0 }.min() ?? 1
    var parameters = Parameters()
    parameters.add("references", [chosen.count, tokens.width], floats: values)
    parameters.add("densities", [chosen.count], densities.map { $0 > 0 ? $0 : least })
    parameters.figure("references", Double(chosen.count))
    return parameters
  }

  /// Mean distance of a reference to its nearest other references.
  private func meanDistance(_ values: [Float], _ width: Int, _ index: Int) -> Double {
    values.withUnsafeBufferPointer { buffer in
      let base = buffer.baseAddress!
      let own = base + index * width
      let others = (0..<(values.count / width)).lazy.filter { $0 != index }
        .map { kernel_squared_distance(own, base + $0 * width, width) }
      return others.sorted().prefix(neighbors).reduce(0) { $0 + $1.squareRoot() } / Double(neighbors)
    }
  }

  override func scorer(_ model: Model, _ machine: Model.Machine, width: Int) throws -> Scorer {
    try NeighborScorer(machine, width: width, neighbors: neighbors)
  }
}

private final class NeighborScorer: Scorer {
  private let search: NeighborSearch

  init(_ model: Model.Machine, width: Int, neighbors: Int) throws {
    let memory = ScorerMemory()
    let (values, shape) = try model.floats("references", [nil, width])
    let densities = try model.doubles("densities", [shape[0]]).values
    search = NeighborSearch(values, width: width, densities: densities, neighbors: neighbors, memory)
    try super.init(model, width: width, memory: memory)
  }

  /// The mean over the nearest.
  @_noLocks @_noAllocation
  override func score(_ row: UnsafePointer<Double>, _ width: Int) -> Double {
    search.run(row)
    var sum = 0.0
    for place in 0..<search.neighbors { sum += search.least[place] }
    return sum / Double(search.neighbors)
  }

  @_noLocks @_noAllocation
  override func parts(_ row: UnsafePointer<Double>, _ width: Int, into parts: UnsafeMutablePointer<Double>) {
    search.run(row)
    search.parts(row, into: parts)
  }
}

import CKernels
import CRealtime
import Learning
import NodeKit

/// Classifies by a vote of the nearest training tokens. Class and probability are those of scikit-learn's
/// `KNeighborsClassifier`; among labels with equal votes the first by name wins.
final class NeighborClassifier: ModelDetector {
  override class var declaration: NodeDeclaration {
    NodeDeclaration(
      "classifier.knn", version: "1.0.0",
      summary: "Classifies labelled sounds by a vote of the nearest training tokens.",
      realtime: .offload, traits: [.detector, .trainable], inputs: inputs,
      outputs: output("Class and probability; log odds that it is not normal, or not the likeliest label"),
      parameters: sharedParameters + [
        .integer("neighbors", "Number of neighbours that vote", default: "5", range: 1...1024),
        .choice(
          "weights", "uniform: all votes are equal; distance: each vote is weighted by the inverse of its distance",
          of: ["uniform", "distance"], default: "uniform"),
        References.parameter(default: 20000),
        Scaling.parameter(default: .standard),
      ])
  }

  override class var learnsLabels: Bool { true }

  private let neighbors: Int
  private let references: References
  private let isWeighted: Bool

  required init(_ arguments: Arguments) throws {
    neighbors = arguments.integer("neighbors")
    references = References(arguments)
    isWeighted = arguments.text("weights") == "distance"
    try super.init(arguments)
  }

  override func learn(
    _ tokens: ScaledTokens, labels: [Int], _ training: Training, progress: (Double) throws -> Void
  ) throws -> Parameters {
    try requireLabels(labels, count: tokens.count, training)
    let chosen = try references.chosen(of: tokens.count, neighbors: neighbors, least: neighbors, training)
    var parameters = Parameters()
    parameters.add("references", [chosen.count, tokens.width], floats: tokens.floats(of: chosen))
    parameters.add("classes", [chosen.count], chosen.map { Double(labels[$0]) })
    parameters.figure("references", Double(chosen.count))
    return parameters
  }

  override func scorer(_ model: Model, _ machine: Model.Machine, width: Int) throws -> Scorer {
    try VoteScorer(machine, width: width, neighbors: neighbors, isWeighted: isWeighted, labels: model.labels)
  }
}

private final class VoteScorer: Scorer {
  private let search: NeighborSearch
  private let isWeighted: Bool
  /// The class of each reference, and the share of votes of each class.
  private let classes: UnsafePointer<Int>
  private let shares: UnsafeMutablePointer<Double>
  private let count: Int
  private let odds: ClassOdds

  init(_ model: Model.Machine, width: Int, neighbors: Int, isWeighted: Bool, labels: [String]) throws {
    let memory = ScorerMemory()
    let (values, shape) = try model.floats("references", [nil, width])
    let classes = try model.doubles("classes", [shape[0]]).values
    guard labels.count >= 2, shape[0] > 0, classes.allSatisfy({ $0 >= 0 && $0 < Double(labels.count) }) else {
      throw NodeError("the model's classes do not match its labels; train again", parameter: "model")
    }
    count = labels.count
    self.isWeighted = isWeighted
    let densities = [Double](repeating: 1, count: shape[0])
    search = NeighborSearch(values, width: width, densities: densities, neighbors: neighbors, memory)
    self.classes = memory.keep(classes.map { Int($0) })
    shares = memory.room(labels.count, of: 0)
    odds = ClassOdds(labels: labels, memory: memory)
    try super.init(model, width: width, memory: memory)
  }

  /// Odds of shares with one more vote spread over all labels: finite where all votes agree.
  @_noLocks @_noAllocation
  override func score(_ row: UnsafePointer<Double>, _ width: Int) -> Double {
    search.run(row)
    vote()
    let votes = Double(search.neighbors)
    for index in 0..<count {
      odds.logarithms[index] = realtime_log((shares[index] * votes + 1 / Double(count)) / (votes + 1))
    }
    return odds.judge()
  }

  @_noLocks @_noAllocation
  private func vote() {
    for index in 0..<count { shares[index] = 0 }
    // References at distance 0 outvote all others.
    let isSame = search.least[0] == 0
    var sum = 0.0
    for place in 0..<search.neighbors {
      let distance = search.least[place]
      let weight = !isWeighted ? 1 : isSame ? (distance == 0 ? 1 : 0) : 1 / distance
      shares[classes[search.nearest[place]]] += weight
      sum += weight
    }
    for index in 0..<count { shares[index] /= sum }
  }

  @_noLocks @_noAllocation
  override func verdict() -> Verdict {
    let likeliest = odds.verdict().index
    return Verdict(index: likeliest, probability: Float(shares[Int(likeliest)]))
  }

  /// The distance to the nearest, by values.
  @_noLocks @_noAllocation
  override func parts(_ row: UnsafePointer<Double>, _ width: Int, into parts: UnsafeMutablePointer<Double>) {
    search.run(row)
    search.parts(row, into: parts)
  }
}

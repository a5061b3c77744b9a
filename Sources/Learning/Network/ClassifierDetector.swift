import CKernels
import CRealtime
import NodeKit

/// Base of networks that classify labelled sounds: their last layer gives a value for each label, before or after a
/// softmax.
open class ClassifierDetector: NetworkDetector {
  public static let scoreOutput = output(
    "Class and probability; log odds that it is not normal, or not the likeliest label")
  public override class var learnsLabels: Bool { true }

  public final override func scorer(
    _ network: Network<Float>, _ model: Model, _ machine: Model.Machine, purpose: Purpose
  ) throws -> Scorer {
    try ClassScorer(network, machine, labels: model.labels)
  }
}

/// The class of a token, and the log odds that it is not normal.
final class ClassScorer: Scorer {
  private let network: Network<Float>
  private let inference: Inference
  private let odds: ClassOdds
  private let token: UnsafeMutablePointer<Float>
  private let classes: Int
  private let isProbability: Bool

  init(_ network: Network<Float>, _ model: Model.Machine, labels: [String]) throws {
    guard labels.count >= 2, network.outputSize == labels.count else {
      throw NodeError("the model does not name its labels; train again", parameter: "model")
    }
    let memory = ScorerMemory()
    self.network = network
    inference = Inference(network, memory: memory)
    odds = ClassOdds(labels: labels, memory: memory)
    token = memory.room(network.inputSize, of: 0)
    classes = labels.count
    isProbability = network.layers.last is Softmax<Float>
    try super.init(model, width: network.inputSize, memory: memory)
  }

  @_noLocks @_noAllocation
  override func score(_ row: UnsafePointer<Double>, _ width: Int) -> Double {
    kernel_narrow(token, row, width)
    let output = inference.run(token)
    for index in 0..<classes {
      let value = Double(output[index])
      // The least probability that differs from 0 in single precision.
      odds.logarithms[index] = isProbability ? realtime_log(value > 1e-38 ? value : 1e-38) : value
    }
    return odds.judge()
  }

  @_noLocks @_noAllocation
  override func verdict() -> Verdict { odds.verdict() }

  /// Each value times the slope of its class relative to the class that the odds are against.
  override func explain(_ row: UnsafePointer<Double>, into parts: UnsafeMutablePointer<Double>) {
    _ = score(row, width)
    let (likeliest, reference) = (Int(odds.verdict().index), odds.reference())
    let values = (0..<width).map { token[$0] }
    let slopes = network.trace(values) { output in
      var gradient = [Float](repeating: 0, count: output.count)
      gradient[likeliest] += 1
      if reference != likeliest { gradient[reference] -= 1 }
      return gradient
    }.inputGradient
    for index in 0..<width { parts[index] = Double(abs(values[index] * slopes[index])) }
  }
}

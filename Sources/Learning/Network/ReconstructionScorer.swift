import CKernels
import NodeKit

/// The mean squared difference between a token and its reconstruction by an autoencoder.
public final class ReconstructionScorer: Scorer {
  private let inference: Inference
  /// The token in the network's scale [width].
  private let token: UnsafeMutablePointer<Float>
  private let means: [Double]
  private let factors: [Double]

  public init(_ network: Network<Float>, _ model: Model.Machine) throws {
    let memory = ScorerMemory()
    inference = Inference(network, memory: memory)
    let width = network.inputSize
    token = memory.room(width, of: 0)
    means = try model.doubles("scale_mean", [width]).values
    factors = try model.doubles("scale_factor", [width]).values
    try super.init(model, width: width, memory: memory)
  }

  @_noLocks @_noAllocation
  public override func score(_ row: UnsafePointer<Double>, _ width: Int) -> Double {
    kernel_narrow(token, row, width)
    return kernel_squared_distance(token, inference.run(token), width) / Double(width)
  }

  @_noLocks @_noAllocation
  public override func parts(_ row: UnsafePointer<Double>, _ width: Int, into parts: UnsafeMutablePointer<Double>) {
    kernel_narrow(token, row, width)
    let made = inference.run(token)
    for index in 0..<width {
      let difference = Double(token[index] - made[index])
      parts[index] = difference * difference / Double(width)
    }
  }

  /// The reconstruction of a scaled token, in the token's own units [width]. Thread: control.
  func reconstruct(_ row: UnsafePointer<Double>, into reconstruction: UnsafeMutablePointer<Float>) {
    kernel_narrow(token, row, width)
    let made = inference.run(token)
    for index in 0..<width {
      reconstruction[index] = Float((factors[index] == 0 ? 0 : Double(made[index]) / factors[index]) + means[index])
    }
  }
}

/// Base of autoencoders: networks that reconstruct their input through a narrow layer.
open class AutoencoderDetector: NetworkDetector, Reconstructing {
  public static let scoreOutput = output("Mean squared error of the reconstruction")

  public final override func scorer(
    _ network: Network<Float>, _ model: Model, _ machine: Model.Machine, purpose: Purpose
  ) throws -> Scorer { try ReconstructionScorer(network, machine) }

  public final func reconstruct(
    channel: Int, token: UnsafePointer<Float>, into reconstruction: UnsafeMutablePointer<Float>
  ) throws {
    guard channel < scorers.count, let scorer = scorers[channel] as? ReconstructionScorer else {
      throw NodeError("has no model")
    }
    withUnsafeTemporaryAllocation(of: Double.self, capacity: scorer.width) { row in
      scorer.scale(token, into: row.baseAddress!)
      scorer.reconstruct(row.baseAddress!, into: reconstruction)
    }
  }
}

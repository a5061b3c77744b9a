import CKernels
import CNetwork
import NodeKit

/// The mean squared difference between a token and its reconstruction by an autoencoder.
public final class ReconstructionScorer: BatchScorer {
  private let inference: Inference
  private let own: UnsafeMutablePointer<Float>
  private let size: Int
  /// Of the last call, by the inference that made them.
  private let made: UnsafeMutablePointer<UnsafePointer<Float>>

  public init(_ network: Network<Float>, _ model: Model.Machine) throws {
    let memory = ScorerMemory()
    inference = Inference(network, memory: memory)
    size = network.inputSize
    own = memory.room(inference.mostTokens * size, of: 0)
    made = memory.room(1, of: UnsafePointer(memory.room(1, of: Float(0))))
    try super.init(model, width: size, mostTokens: inference.mostTokens, tokens: own, memory: memory)
  }

  @_noLocks @_noAllocation
  public override func score(_ count: Int, into scores: UnsafeMutablePointer<Double>) {
    let results = inference.run(own, tokens: count)
    made.pointee = results
    for place in 0..<count {
      scores[place] =
        kernel_squared_distance(own + place * size, results + place * size, size) / Double(size)
    }
  }

  @_noLocks @_noAllocation
  public override func parts(place: Int, into parts: UnsafeMutablePointer<Double>) {
    network_squares(parts, own + place * size, made.pointee + place * size, 1 / Double(size), size)
  }

  public override func explain(_ row: UnsafePointer<Double>, into parts: UnsafeMutablePointer<Double>) {
    kernel_narrow(tokens, row, width)
    made.pointee = inference.run(tokens)
    self.parts(place: 0, into: parts)
  }

  /// The reconstruction of a scaled token, in the token's own units [width]. Thread: control.
  func reconstruct(_ row: UnsafePointer<Double>, into reconstruction: UnsafeMutablePointer<Float>) {
    kernel_narrow(tokens, row, width)
    let made = inference.run(tokens)
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

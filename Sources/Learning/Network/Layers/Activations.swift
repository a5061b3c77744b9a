import NodeKit

/// A function of each value, whose slope follows from its result.
public class PointwiseLayer<S: NetworkScalar>: Layer<S> {
  typealias Function = (_ output: UnsafeMutablePointer<S>, _ input: UnsafePointer<S>, _ count: Int) -> Void
  /// Multiplies gradients by the slopes, from the function's `output`.
  typealias Slope = (_ gradient: UnsafeMutablePointer<S>, _ output: UnsafePointer<S>, _ count: Int) -> Void

  private let function: Function
  private let slope: Slope
  private let activation: InferenceStep.Kind

  init(_ shape: [Int], _ activation: InferenceStep.Kind, _ function: @escaping Function, _ slope: @escaping Slope) {
    self.function = function
    self.slope = slope
    self.activation = activation
    super.init(shape, shape)
  }

  override final var isInPlace: Bool { true }

  override final func forward(_ input: UnsafePointer<S>, _ output: UnsafeMutablePointer<S>, _ pass: NetworkPass) {
    function(output, input, pass.count * outputSize)
  }

  override final func backward(
    _ input: UnsafePointer<S>, _ output: UnsafePointer<S>, _ gradient: UnsafeMutablePointer<S>,
    _ inputGradient: UnsafeMutablePointer<S>?, _ pass: NetworkPass
  ) { slope(gradient, output, pass.count * outputSize) }

  override final func plan(_ plan: InferencePlan) { plan.activation(activation, size: outputSize) }
}

/// max(0, x)
public final class ReLU<S: NetworkScalar>: PointwiseLayer<S> {
  public init(_ shape: [Int]) { super.init(shape, .relu, S.kernels.relu, S.kernels.reluBackward) }
}

/// 1 / (1 + exp(-x))
public final class Sigmoid<S: NetworkScalar>: PointwiseLayer<S> {
  public init(_ shape: [Int]) { super.init(shape, .sigmoid, S.kernels.sigmoid, S.kernels.sigmoidBackward) }
}

/// exp(x) over the sum of them.
public final class Softmax<S: NetworkScalar>: Layer<S> {
  public init(_ shape: [Int]) { super.init(shape, shape) }
  override var isInPlace: Bool { true }

  override func forward(_ input: UnsafePointer<S>, _ output: UnsafeMutablePointer<S>, _ pass: NetworkPass) {
    for token in 0..<pass.count {
      S.kernels.softmax(output + token * outputSize, input + token * outputSize, outputSize)
    }
  }

  override func backward(
    _ input: UnsafePointer<S>, _ output: UnsafePointer<S>, _ gradient: UnsafeMutablePointer<S>,
    _ inputGradient: UnsafeMutablePointer<S>?, _ pass: NetworkPass
  ) {
    for token in 0..<pass.count {
      let (values, slopes) = (output + token * outputSize, gradient + token * outputSize)
      let mean = S.kernels.dot(values, slopes, outputSize)
      for index in 0..<outputSize { slopes[index] = values[index] * (slopes[index] - mean) }
    }
  }

  override func plan(_ plan: InferencePlan) { plan.activation(.softmax, size: outputSize) }
}

/// In training sets each value to 0 with a probability, and scales up the others accordingly.
public final class Dropout<S: NetworkScalar>: Layer<S> {
  private let share: Double
  private var generator: SeededGenerator
  /// The factor of each value.
  private var kept = Values<S>(0)

  public init(_ shape: [Int], share: Double, seed: UInt64) {
    self.share = share
    generator = SeededGenerator(seed: seed)
    super.init(shape, shape)
  }

  override func reserve(_ count: Int) { kept = Values(count * outputSize) }

  override func forward(_ input: UnsafePointer<S>, _ output: UnsafeMutablePointer<S>, _ pass: NetworkPass) {
    let count = pass.count * outputSize
    guard pass.isTraining, share > 0 else { return output.update(from: input, count: count) }
    let factor = S(1 / (1 - share))
    for index in 0..<count { kept.pointer[index] = generator.unit() < share ? 0 : factor }
    S.kernels.multiply(output, input, kept.pointer, count)
  }

  override func backward(
    _ input: UnsafePointer<S>, _ output: UnsafePointer<S>, _ gradient: UnsafeMutablePointer<S>,
    _ inputGradient: UnsafeMutablePointer<S>?, _ pass: NetworkPass
  ) {
    guard let inputGradient else { return }
    let count = pass.count * outputSize
    guard pass.isTraining, share > 0 else { return inputGradient.update(from: gradient, count: count) }
    S.kernels.multiply(inputGradient, gradient, kept.pointer, count)
  }

  override func plan(_ plan: InferencePlan) {}
}

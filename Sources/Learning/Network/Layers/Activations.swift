import NodeKit

/// max(0, x)
public final class ReLU<S: NetworkScalar>: Layer<S> {
  public init(_ shape: [Int]) { super.init(shape, shape) }
  override var isInPlace: Bool { true }

  override func forward(_ input: UnsafePointer<S>, _ output: UnsafeMutablePointer<S>, _ pass: NetworkPass) {
    S.kernels.relu(output, input, pass.count * outputSize)
  }

  override func backward(
    _ input: UnsafePointer<S>, _ output: UnsafePointer<S>, _ gradient: UnsafeMutablePointer<S>,
    _ inputGradient: UnsafeMutablePointer<S>?, _ pass: NetworkPass
  ) { S.kernels.reluBackward(gradient, output, pass.count * outputSize) }

  override func plan(_ plan: InferencePlan) { plan.activation(.relu, size: outputSize) }
}

/// 1 / (1 + exp(-x))
public final class Sigmoid<S: NetworkScalar>: Layer<S> {
  public init(_ shape: [Int]) { super.init(shape, shape) }
  override var isInPlace: Bool { true }

  override func forward(_ input: UnsafePointer<S>, _ output: UnsafeMutablePointer<S>, _ pass: NetworkPass) {
    S.kernels.sigmoid(output, input, pass.count * outputSize)
  }

  override func backward(
    _ input: UnsafePointer<S>, _ output: UnsafePointer<S>, _ gradient: UnsafeMutablePointer<S>,
    _ inputGradient: UnsafeMutablePointer<S>?, _ pass: NetworkPass
  ) { S.kernels.sigmoidBackward(gradient, output, pass.count * outputSize) }

  override func plan(_ plan: InferencePlan) { plan.activation(.sigmoid, size: outputSize) }
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

/// In training sets each value to 0 with a probability, and scales the others up by what is missing.
public final class Dropout<S: NetworkScalar>: Layer<S> {
  private let share: Double
  private var generator: SeededGenerator
  /// What each value was multiplied by.
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

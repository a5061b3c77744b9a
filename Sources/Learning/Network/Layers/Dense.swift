import COpenBLAS

/// y = W x + b, W [outputs x inputs]. The input counts as one vector.
public final class Dense<S: NetworkScalar>: Layer<S> {
  private let weight: NetworkParameter<S>
  private let bias: NetworkParameter<S>

  public init(_ inputShape: [Int], outputs: Int) {
    weight = NetworkParameter("weight", [outputs, inputShape.reduce(1, *)])
    bias = NetworkParameter("bias", [outputs])
    super.init(inputShape, [outputs], [weight, bias])
  }

  override func initialize(_ draw: inout Initializer) {
    draw.unit(weight, bias, inputs: inputSize, glorot: (inputSize, outputSize))
  }

  override func forward(_ input: UnsafePointer<S>, _ output: UnsafeMutablePointer<S>, _ pass: NetworkPass) {
    for token in 0..<pass.count { (output + token * outputSize).update(from: bias.pointer, count: outputSize) }
    S.multiply(
      (false, true), pass.count, outputSize, inputSize, input, inputSize, weight.pointer, inputSize, beta: 1, output,
      outputSize)
  }

  override func backward(
    _ input: UnsafePointer<S>, _ output: UnsafePointer<S>, _ gradient: UnsafeMutablePointer<S>,
    _ inputGradient: UnsafeMutablePointer<S>?, _ pass: NetworkPass
  ) {
    S.multiply(
      (true, false), outputSize, inputSize, pass.count, gradient, outputSize, input, inputSize, beta: 1,
      weight.gradientPointer, inputSize)
    for token in 0..<pass.count {
      S.kernels.add(bias.gradientPointer, gradient + token * outputSize, outputSize)
    }
    guard let inputGradient else { return }
    S.multiply(
      (false, false), pass.count, inputSize, outputSize, gradient, outputSize, weight.pointer, inputSize, beta: 0,
      inputGradient, inputSize)
  }

  override func plan(_ plan: InferencePlan) { plan.dense(weight.floats, bias.floats, rows: outputSize) }
}

/// 2 x 2 transposed convolution with stride 2: every value becomes a square of four. [inputs x rows x columns] ->
/// [outputs x 2 rows x 2 columns], W [inputs x outputs x 2 x 2], as PyTorch's ConvTranspose2d.
public final class TransposedConvolution<S: NetworkScalar>: Layer<S> {
  private let weight: NetworkParameter<S>
  private let bias: NetworkParameter<S>
  private let inputs: Int
  private let outputs: Int
  private let rows: Int
  private let columns: Int
  private let plane: Int
  /// [4 outputs x plane]
  private let squares: Values<S>
  private let result: Values<S>
  /// For the forward pass: weights [4 outputs x inputs] and biases [4 outputs]; for the backward pass: [inputs x ...].
  private let transposed: Values<S>
  private let packed: Values<S>
  private let packedBack: Values<S>
  private let biases: Values<S>
  private let offsets: [Int64]
  private let squareOffsets: [Int64]

  /// - Parameter inputShape: [channels x rows x columns].
  public init(_ inputShape: [Int], outputs: Int) {
    (inputs, rows, columns) = (inputShape[0], inputShape[1], inputShape[2])
    self.outputs = outputs
    let size = rows * columns
    plane = (size + 15) / 16 * 16
    weight = NetworkParameter("weight", [inputs, outputs, 2, 2])
    bias = NetworkParameter("bias", [outputs])
    squares = Values(4 * outputs * plane)
    result = Values(inputs * plane)
    transposed = Values(weight.values.count)
    packed = Values(weight.values.count)
    packedBack = Values(weight.values.count)
    biases = Values(4 * outputs)
    offsets = (0..<inputs).map { Int64($0 * size) }
    let plane = plane
    squareOffsets = (0..<(4 * outputs)).map { Int64($0 * plane) }
    super.init(inputShape, [outputs, 2 * rows, 2 * columns], [weight, bias])
  }

  override func initialize(_ draw: inout Initializer) {
    draw.unit(weight, bias, inputs: outputs * 4, glorot: (inputs * 4, outputs * 4))
  }

  override func parametersChanged() {
    S.kernels.transpose(transposed.pointer, inputs, weight.pointer, 4 * outputs, inputs, 4 * outputs)
    S.kernels.pack(packed.pointer, transposed.pointer, 4 * outputs, inputs)
    S.kernels.pack(packedBack.pointer, weight.pointer, inputs, 4 * outputs)
    for index in 0..<(4 * outputs) { biases.pointer[index] = bias.pointer[index / 4] }
  }

  override func forward(_ input: UnsafePointer<S>, _ output: UnsafeMutablePointer<S>, _ pass: NetworkPass) {
    for token in 0..<pass.count {
      S.kernels.product(
        squares.pointer, plane, 4 * outputs, rows * columns, input + token * inputSize, offsets, inputs,
        packed.pointer, biases.pointer)
      S.kernels.interleave(output + token * outputSize, squares.pointer, plane, outputs, rows, columns)
    }
  }

  override func backward(
    _ input: UnsafePointer<S>, _ output: UnsafePointer<S>, _ gradient: UnsafeMutablePointer<S>,
    _ inputGradient: UnsafeMutablePointer<S>?, _ pass: NetworkPass
  ) {
    let size = rows * columns
    for token in 0..<pass.count {
      clearTails()
      S.kernels.deinterleave(squares.pointer, plane, gradient + token * outputSize, outputs, rows, columns)
      // The gradient of the squares is 0 after their last value, so values after the input have no effect.
      S.kernels.correlate(
        weight.gradientPointer, input + token * inputSize, size, inputs, size, squares.pointer, squareOffsets,
        4 * outputs)
      for channel in 0..<outputs {
        bias.gradientPointer[channel] += S.kernels.sum(
          gradient + token * outputSize + channel * 4 * size, 4 * size)
      }
      guard let inputGradient else { continue }
      S.kernels.product(
        result.pointer, plane, inputs, size, squares.pointer, squareOffsets, 4 * outputs, packedBack.pointer, nil)
      for channel in 0..<inputs {
        (inputGradient + token * inputSize + channel * size).update(from: result.pointer + channel * plane, count: size)
      }
    }
  }

  private func clearTails() {
    let size = rows * columns
    for channel in 0..<(4 * outputs) {
      (squares.pointer + channel * plane + size).update(repeating: 0, count: plane - size)
    }
  }

  override func plan(_ plan: InferencePlan) {
    plan.transposedConvolution(
      transposed.floats, biases.floats, inputs: inputs, outputs: outputs, rows: rows, columns: columns)
  }
}

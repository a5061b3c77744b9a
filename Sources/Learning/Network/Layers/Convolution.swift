/// 3 x 3 convolution with zero padding that keeps the size: [inputs x rows x columns] -> [outputs x rows x columns], W
/// [outputs x inputs x 3 x 3]. Correlates, like PyTorch's Conv2d: kernels are not flipped.
public final class Convolution<S: NetworkScalar>: Layer<S> {
  private let weight: NetworkParameter<S>
  private let bias: NetworkParameter<S>
  private let grid: PaddedGrid
  private let inputs: Int
  private let outputs: Int
  /// One token with its margin, its gradient with a margin, and the result of a product.
  private let spread: Values<S>
  private let gradients: Values<S>
  private let result: Values<S>
  private let packed: Values<S>
  private let turned: Values<S>
  private let offsets: [Int64]
  private let turnedOffsets: [Int64]

  /// - Parameter inputShape: [channels x rows x columns].
  public init(_ inputShape: [Int], outputs: Int) {
    inputs = inputShape[0]
    self.outputs = outputs
    grid = PaddedGrid(rows: inputShape[1], columns: inputShape[2])
    weight = NetworkParameter("weight", [outputs, inputs, 3, 3])
    bias = NetworkParameter("bias", [outputs])
    spread = Values(inputs * grid.plane)
    gradients = Values(outputs * grid.plane)
    result = Values(max(inputs, outputs) * grid.results)
    packed = Values(weight.values.count)
    turned = Values(weight.values.count)
    offsets = grid.offsets(channels: inputs)
    turnedOffsets = grid.offsets(channels: outputs)
    super.init(inputShape, [outputs, inputShape[1], inputShape[2]], [weight, bias])
  }

  override func initialize(_ draw: inout Initializer) {
    draw.unit(weight, bias, inputs: inputs * 9, glorot: (inputs * 9, outputs * 9))
  }

  override func parametersChanged() {
    S.kernels.pack(packed.pointer, weight.pointer, outputs, inputs * 9)
    S.kernels.packTurned(turned.pointer, weight.pointer, outputs, inputs, 9)
  }

  override func forward(_ input: UnsafePointer<S>, _ output: UnsafeMutablePointer<S>, _ pass: NetworkPass) {
    for token in 0..<pass.count {
      put(input + token * inputSize, into: spread, inputs)
      S.kernels.product(
        result.pointer, grid.results, outputs, grid.positions, spread.pointer, offsets, offsets.count, packed.pointer,
        bias.pointer)
      S.kernels.gather(
        output + token * outputSize, result.pointer, grid.results, grid.stride, outputs, grid.rows, grid.columns)
    }
  }

  override func backward(
    _ input: UnsafePointer<S>, _ output: UnsafePointer<S>, _ gradient: UnsafeMutablePointer<S>,
    _ inputGradient: UnsafeMutablePointer<S>?, _ pass: NetworkPass
  ) {
    let size = grid.rows * grid.columns
    for token in 0..<pass.count {
      put(input + token * inputSize, into: spread, inputs)
      put(gradient + token * outputSize, into: gradients, outputs)
      S.kernels.correlate(
        weight.gradientPointer, gradients.pointer + grid.stride + 1, grid.plane, outputs, grid.positions,
        spread.pointer, offsets, offsets.count)
      for channel in 0..<outputs {
        bias.gradientPointer[channel] += S.kernels.sum(gradient + token * outputSize + channel * size, size)
      }
      guard let inputGradient else { continue }
      S.kernels.product(
        result.pointer, grid.results, inputs, grid.positions, gradients.pointer, turnedOffsets, turnedOffsets.count,
        turned.pointer, nil)
      S.kernels.gather(
        inputGradient + token * inputSize, result.pointer, grid.results, grid.stride, inputs, grid.rows, grid.columns)
    }
  }

  private func put(_ image: UnsafePointer<S>, into planes: Values<S>, _ channels: Int) {
    S.kernels.spread(planes.pointer, grid.plane, grid.stride, 1, image, channels, grid.rows, grid.columns)
  }

  override func plan(_ plan: InferencePlan) {
    plan.convolution(weight.floats, bias.floats, inputs: inputs, outputs: outputs, grid)
  }
}

/// An image with a margin of one zero all around, its rows one after the other: a shift by a kernel's row and column is
/// then a shift in memory.
struct PaddedGrid: BitwiseCopyable {
  let rows: Int
  let columns: Int
  /// Distance of rows, and of channels.
  var stride: Int { columns + 2 }
  var plane: Int { (rows + 2) * stride }
  /// Places of the output, two of them unused at the end of each row but the last.
  var positions: Int { rows * stride - 2 }
  /// Distance of channels in a result.
  var results: Int { (positions + 15) / 16 * 16 }

  /// Offsets of the values of a 3 x 3 kernel, for every channel.
  func offsets(channels: Int) -> [Int64] {
    (0..<channels).flatMap { channel in
      (0..<9).map { Int64(channel * plane + $0 / 3 * stride + $0 % 3) }
    }
  }
}

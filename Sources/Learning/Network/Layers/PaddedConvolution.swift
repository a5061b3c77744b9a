/// What 3 x 3 convolutions share: a kernel's value reads consecutive places of planes in which the image lies, and the
/// results of all places are one product. A subclass lays out the image, and gives the gradient of it.
public class PaddedConvolution<S: NetworkScalar>: Layer<S> {
  final let weight: NetworkParameter<S>
  final let bias: NetworkParameter<S>
  /// Of the output.
  final let grid: PaddedGrid
  final let inputs: Int
  final let outputs: Int
  /// One token in its planes, its gradient with a margin, and the result of a product.
  final let planes: Values<S>
  final let gradients: Values<S>
  final let result: Values<S>
  private let packed: Values<S>
  /// Of the kernels' values in the planes [inputs x 9].
  private let offsets: [Int64]

  /// - Parameters:
  ///   - inputShape: [channels x rows x columns].
  ///   - planes: number of planes in which an image lies.
  init(_ inputShape: [Int], outputs: Int, _ grid: PaddedGrid, planes: Int, offsets: [Int64]) {
    inputs = inputShape[0]
    self.outputs = outputs
    self.grid = grid
    self.offsets = offsets
    weight = NetworkParameter("weight", [outputs, inputs, 3, 3])
    bias = NetworkParameter("bias", [outputs])
    self.planes = Values(planes * grid.plane)
    gradients = Values(outputs * grid.plane)
    result = Values(max(inputs, outputs) * grid.results)
    packed = Values(weight.values.count)
    super.init(inputShape, [outputs, grid.rows, grid.columns], [weight, bias])
  }

  /// Lays out an image [inputs x rows x columns] in `planes`.
  func lay(_ image: UnsafePointer<S>) { preconditionFailure("a PaddedConvolution must override `lay`") }

  /// Writes the gradient of a token's image, from `gradients`.
  func giveGradient(_ image: UnsafeMutablePointer<S>) {
    preconditionFailure("a PaddedConvolution must override `giveGradient`")
  }

  final override func initialize(_ draw: inout Initializer) {
    draw.unit(weight, bias, inputs: inputs * 9, glorot: (inputs * 9, outputs * 9))
  }

  override func parametersChanged() { S.kernels.pack(packed.pointer, weight.pointer, outputs, inputs * 9) }

  final override func forward(_ input: UnsafePointer<S>, _ output: UnsafeMutablePointer<S>, _ pass: NetworkPass) {
    for token in 0..<pass.count {
      lay(input + token * inputSize)
      S.kernels.product(
        result.pointer, grid.results, outputs, grid.positions, planes.pointer, offsets, offsets.count, packed.pointer,
        bias.pointer)
      S.kernels.gather(
        output + token * outputSize, result.pointer, grid.results, grid.stride, outputs, grid.rows, grid.columns)
    }
  }

  final override func backward(
    _ input: UnsafePointer<S>, _ output: UnsafePointer<S>, _ gradient: UnsafeMutablePointer<S>,
    _ inputGradient: UnsafeMutablePointer<S>?, _ pass: NetworkPass
  ) {
    let size = grid.rows * grid.columns
    for token in 0..<pass.count {
      lay(input + token * inputSize)
      let gradient = gradient + token * outputSize
      S.kernels.spread(gradients.pointer, grid.plane, grid.stride, 1, gradient, outputs, grid.rows, grid.columns)
      S.kernels.correlate(
        weight.gradientPointer, gradients.pointer + grid.stride + 1, grid.plane, outputs, grid.positions,
        planes.pointer, offsets, offsets.count)
      for channel in 0..<outputs {
        bias.gradientPointer[channel] += S.kernels.sum(gradient + channel * size, size)
      }
      if let inputGradient { giveGradient(inputGradient + token * inputSize) }
    }
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

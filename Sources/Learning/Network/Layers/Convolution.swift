/// 3 x 3 convolution with zero padding that keeps the size: [inputs x rows x columns] -> [outputs x rows x columns], W
/// [outputs x inputs x 3 x 3]. Correlates, like PyTorch's Conv2d: kernels are not flipped.
public final class Convolution<S: NetworkScalar>: PaddedConvolution<S> {
  private let turned: Values<S>
  private let turnedOffsets: [Int64]

  /// - Parameter inputShape: [channels x rows x columns].
  public init(_ inputShape: [Int], outputs: Int) {
    let grid = PaddedGrid(rows: inputShape[1], columns: inputShape[2])
    turned = Values(outputs * inputShape[0] * 9)
    turnedOffsets = grid.offsets(channels: outputs)
    super.init(
      inputShape, outputs: outputs, grid, planes: inputShape[0], offsets: grid.offsets(channels: inputShape[0]))
  }

  override func parametersChanged() {
    super.parametersChanged()
    S.kernels.packTurned(turned.pointer, weight.pointer, outputs, inputs, 9)
  }

  override func lay(_ image: UnsafePointer<S>) {
    S.kernels.spread(planes.pointer, grid.plane, grid.stride, 1, image, inputs, grid.rows, grid.columns)
  }

  override func giveGradient(_ image: UnsafeMutablePointer<S>) {
    S.kernels.product(
      result.pointer, grid.results, inputs, grid.positions, gradients.pointer, turnedOffsets, turnedOffsets.count,
      turned.pointer, nil)
    S.kernels.gather(image, result.pointer, grid.results, grid.stride, inputs, grid.rows, grid.columns)
  }

  override func plan(_ plan: InferencePlan) {
    plan.convolution(weight.floats, bias.floats, inputs: inputs, outputs: outputs, grid)
  }
}

/// 3 x 3 convolution with zero padding at every second row and column: [inputs x rows x columns] -> [outputs x
/// ceil(rows / 2) x ceil(columns / 2)], W [outputs x inputs x 3 x 3]. PyTorch's Conv2d with stride 2 and padding 1.
///
/// The image lies in four planes for its even and odd rows and columns. A kernel's value then reads consecutive places
/// of one of them, as in `Convolution`.
public final class StridedConvolution<S: NetworkScalar>: PaddedConvolution<S> {
  /// The gradient of the planes [inputs x 4], each `phaseSize` values.
  private let phaseGradients: Values<S>
  private let phaseSize: Int
  private let phases: [BackwardPhase<S>]

  /// - Parameter inputShape: [channels x rows x columns].
  public init(_ inputShape: [Int], outputs: Int) {
    let inputs = inputShape[0]
    let grid = PaddedGrid(rows: (inputShape[1] + 1) / 2, columns: (inputShape[2] + 1) / 2)
    phaseSize = ((grid.rows + 1) * grid.stride + 15) / 16 * 16
    phaseGradients = Values(inputs * 4 * phaseSize)
    phases = (0..<4).map { BackwardPhase($0, inputs: inputs, outputs: outputs, grid) }
    super.init(
      inputShape, outputs: outputs, grid, planes: 4 * inputs, offsets: grid.stridedOffsets(channels: inputs))
  }

  override func parametersChanged() {
    super.parametersChanged()
    for phase in phases { phase.pack(weight.pointer) }
  }

  override func lay(_ image: UnsafePointer<S>) {
    S.kernels.split(planes.pointer, grid.plane, grid.stride, image, inputs, inputShape[1], inputShape[2])
  }

  override func giveGradient(_ image: UnsafeMutablePointer<S>) {
    for phase in phases {
      S.kernels.product(
        phaseGradients.pointer + phase.number * phaseSize, 4 * phaseSize, inputs, (grid.rows + 1) * grid.stride,
        gradients.pointer, phase.offsets, phase.offsets.count, phase.packed.pointer, nil)
    }
    S.kernels.join(image, phaseGradients.pointer, phaseSize, grid.stride, inputs, inputShape[1], inputShape[2])
  }

  override func plan(_ plan: InferencePlan) {
    plan.stridedConvolution(weight.floats, bias.floats, inputShape, outputs: outputs, grid)
  }
}

/// What the gradient of one plane is computed from: the kernel's values that read the plane.
private struct BackwardPhase<S: NetworkScalar> {
  let number: Int
  private let taps: [Int]
  private let inputs: Int
  private let outputs: Int
  private let weights: Values<S>
  let packed: Values<S>
  /// Of the output's gradient, with its margin, for every output and value.
  let offsets: [Int64]

  init(_ number: Int, inputs: Int, outputs: Int, _ grid: PaddedGrid) {
    self.number = number
    self.inputs = inputs
    self.outputs = outputs
    let taps = (0..<9).filter { 2 * ($0 / 3 & 1) + ($0 % 3 & 1) == number }
    self.taps = taps
    weights = Values(inputs * outputs * taps.count)
    packed = Values(inputs * outputs * taps.count)
    offsets = (0..<outputs).flatMap { output in
      taps.map { Int64(output * grid.plane + (1 - $0 / 3 / 2) * grid.stride + 1 - $0 % 3 / 2) }
    }
  }

  /// - Parameter weight: [outputs x inputs x 9].
  func pack(_ weight: UnsafePointer<S>) {
    var place = weights.pointer
    for input in 0..<inputs {
      for output in 0..<outputs {
        for tap in taps {
          place.pointee = weight[(output * inputs + input) * 9 + tap]
          place += 1
        }
      }
    }
    S.kernels.pack(packed.pointer, weights.pointer, inputs, outputs * taps.count)
  }
}

extension PaddedGrid {
  /// Offsets of the values of a 3 x 3 kernel in the planes of even and odd places, four for every channel, of an image
  /// of twice this grid's size.
  func stridedOffsets(channels: Int) -> [Int64] {
    (0..<channels).flatMap { channel in
      (0..<9).map { tap in
        let (row, column) = (tap / 3, tap % 3)
        return Int64((4 * channel + 2 * (row & 1) + (column & 1)) * plane + row / 2 * stride + column / 2)
      }
    }
  }
}

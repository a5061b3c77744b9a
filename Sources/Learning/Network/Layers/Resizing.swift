/// The largest of each 2 x 2 square. Squares that exceed an edge are left out, or kept with their existing values
/// (`ceil`).
public final class MaxPool<S: NetworkScalar>: Layer<S> {
  /// Places of the largest values.
  private var which: [UInt8] = []

  /// - Parameter inputShape: [channels x rows x columns].
  public init(_ inputShape: [Int], ceil: Bool = false) {
    let extra = ceil ? 1 : 0
    super.init(inputShape, [inputShape[0], (inputShape[1] + extra) / 2, (inputShape[2] + extra) / 2])
  }

  override func reserve(_ count: Int) { which = [UInt8](repeating: 0, count: count * outputSize) }

  override func forward(_ input: UnsafePointer<S>, _ output: UnsafeMutablePointer<S>, _ pass: NetworkPass) {
    which.withUnsafeMutableBufferPointer { which in
      for token in 0..<pass.count {
        S.kernels.pool(
          output + token * outputSize, which.baseAddress! + token * outputSize, input + token * inputSize,
          inputShape[0], inputShape[1], inputShape[2], outputShape[1], outputShape[2])
      }
    }
  }

  override func backward(
    _ input: UnsafePointer<S>, _ output: UnsafePointer<S>, _ gradient: UnsafeMutablePointer<S>,
    _ inputGradient: UnsafeMutablePointer<S>?, _ pass: NetworkPass
  ) {
    guard let inputGradient else { return }
    which.withUnsafeBufferPointer { which in
      for token in 0..<pass.count {
        S.kernels.poolBackward(
          inputGradient + token * inputSize, gradient + token * outputSize, which.baseAddress! + token * outputSize,
          inputShape[0], inputShape[1], inputShape[2], outputShape[1], outputShape[2])
      }
    }
  }

  override func plan(_ plan: InferencePlan) { plan.pool(inputShape, outputShape) }
}

/// Every value twice in both directions.
public final class Upsample<S: NetworkScalar>: Layer<S> {
  /// - Parameter inputShape: [channels x rows x columns].
  public init(_ inputShape: [Int]) { super.init(inputShape, [inputShape[0], 2 * inputShape[1], 2 * inputShape[2]]) }

  override func forward(_ input: UnsafePointer<S>, _ output: UnsafeMutablePointer<S>, _ pass: NetworkPass) {
    S.kernels.upsample(output, input, pass.count * inputShape[0], inputShape[1], inputShape[2])
  }

  override func backward(
    _ input: UnsafePointer<S>, _ output: UnsafePointer<S>, _ gradient: UnsafeMutablePointer<S>,
    _ inputGradient: UnsafeMutablePointer<S>?, _ pass: NetworkPass
  ) {
    guard let inputGradient else { return }
    S.kernels.upsampleBackward(inputGradient, gradient, pass.count * inputShape[0], inputShape[1], inputShape[2])
  }

  override func plan(_ plan: InferencePlan) { plan.upsample(inputShape) }
}

/// Mean of every channel: [channels x rows x columns] -> [channels].
public final class GlobalAverage<S: NetworkScalar>: Layer<S> {
  private let size: Int

  public init(_ inputShape: [Int]) {
    size = inputShape[1] * inputShape[2]
    super.init(inputShape, [inputShape[0]])
  }

  override func forward(_ input: UnsafePointer<S>, _ output: UnsafeMutablePointer<S>, _ pass: NetworkPass) {
    for channel in 0..<(pass.count * outputSize) {
      output[channel] = S.kernels.sum(input + channel * size, size) / S(size)
    }
  }

  override func backward(
    _ input: UnsafePointer<S>, _ output: UnsafePointer<S>, _ gradient: UnsafeMutablePointer<S>,
    _ inputGradient: UnsafeMutablePointer<S>?, _ pass: NetworkPass
  ) {
    guard let inputGradient else { return }
    for channel in 0..<(pass.count * outputSize) {
      (inputGradient + channel * size).update(repeating: gradient[channel] / S(size), count: size)
    }
  }

  override func plan(_ plan: InferencePlan) { plan.globalAverage(channels: outputSize, size: size) }
}

/// Removes rows and columns at the end.
public final class Crop<S: NetworkScalar>: Layer<S> {
  /// - Parameters:
  ///   - inputShape: [channels x rows x columns].
  ///   - rows, columns: the size to keep.
  public init(_ inputShape: [Int], rows: Int, columns: Int) { super.init(inputShape, [inputShape[0], rows, columns]) }

  override func forward(_ input: UnsafePointer<S>, _ output: UnsafeMutablePointer<S>, _ pass: NetworkPass) {
    let (plane, stride) = (inputShape[1] * inputShape[2], inputShape[2])
    S.kernels.gather(output, input, plane, stride, pass.count * inputShape[0], outputShape[1], outputShape[2])
  }

  override func backward(
    _ input: UnsafePointer<S>, _ output: UnsafePointer<S>, _ gradient: UnsafeMutablePointer<S>,
    _ inputGradient: UnsafeMutablePointer<S>?, _ pass: NetworkPass
  ) {
    guard let inputGradient else { return }
    inputGradient.update(repeating: 0, count: pass.count * inputSize)
    let (plane, stride) = (inputShape[1] * inputShape[2], inputShape[2])
    S.kernels.spread(
      inputGradient, plane, stride, 0, gradient, pass.count * inputShape[0], outputShape[1], outputShape[2])
  }

  override func plan(_ plan: InferencePlan) { plan.crop(inputShape, outputShape) }
}

/// Transposes: [rows x columns] -> [columns x rows].
public final class Transpose<S: NetworkScalar>: Layer<S> {
  private let rows: Int
  private let columns: Int

  /// - Parameter outputShape: any shape of columns x rows values; nil: columns x rows.
  public init(rows: Int, columns: Int, outputShape: [Int]? = nil) {
    self.rows = rows
    self.columns = columns
    super.init([rows, columns], outputShape ?? [columns, rows])
  }

  override func forward(_ input: UnsafePointer<S>, _ output: UnsafeMutablePointer<S>, _ pass: NetworkPass) {
    for token in 0..<pass.count {
      S.kernels.transpose(
        output + token * outputSize, rows, input + token * inputSize, columns, rows, columns)
    }
  }

  override func backward(
    _ input: UnsafePointer<S>, _ output: UnsafePointer<S>, _ gradient: UnsafeMutablePointer<S>,
    _ inputGradient: UnsafeMutablePointer<S>?, _ pass: NetworkPass
  ) {
    guard let inputGradient else { return }
    for token in 0..<pass.count {
      S.kernels.transpose(
        inputGradient + token * inputSize, columns, gradient + token * outputSize, rows, columns, rows)
    }
  }

  override func plan(_ plan: InferencePlan) { plan.transpose(rows: rows, columns: columns) }
}

/// The same values in another shape.
public final class Reshape<S: NetworkScalar>: Layer<S> {
  public override init(_ inputShape: [Int], _ outputShape: [Int], _ parameters: [NetworkParameter<S>] = []) {
    precondition(inputShape.reduce(1, *) == outputShape.reduce(1, *))
    super.init(inputShape, outputShape)
  }

  override var isInPlace: Bool { true }

  override func forward(_ input: UnsafePointer<S>, _ output: UnsafeMutablePointer<S>, _ pass: NetworkPass) {}

  override func backward(
    _ input: UnsafePointer<S>, _ output: UnsafePointer<S>, _ gradient: UnsafeMutablePointer<S>,
    _ inputGradient: UnsafeMutablePointer<S>?, _ pass: NetworkPass
  ) {}

  override func plan(_ plan: InferencePlan) {}
}

/// Repeats the vector: [values] -> [steps x values].
public final class Repeat<S: NetworkScalar>: Layer<S> {
  private let steps: Int

  public init(_ inputShape: [Int], steps: Int) {
    self.steps = steps
    super.init(inputShape, [steps, inputShape.reduce(1, *)])
  }

  override func forward(_ input: UnsafePointer<S>, _ output: UnsafeMutablePointer<S>, _ pass: NetworkPass) {
    for token in 0..<pass.count {
      for step in 0..<steps {
        (output + (token * steps + step) * inputSize).update(from: input + token * inputSize, count: inputSize)
      }
    }
  }

  override func backward(
    _ input: UnsafePointer<S>, _ output: UnsafePointer<S>, _ gradient: UnsafeMutablePointer<S>,
    _ inputGradient: UnsafeMutablePointer<S>?, _ pass: NetworkPass
  ) {
    guard let inputGradient else { return }
    inputGradient.update(repeating: 0, count: pass.count * inputSize)
    for token in 0..<pass.count {
      for step in 0..<steps {
        S.kernels.add(inputGradient + token * inputSize, gradient + (token * steps + step) * inputSize, inputSize)
      }
    }
  }

  override func plan(_ plan: InferencePlan) { plan.repeated(size: inputSize, steps: steps) }
}

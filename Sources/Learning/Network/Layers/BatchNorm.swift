/// Batch normalisation (Ioffe, Szegedy 2015): every channel minus its mean, divided by its deviation, of the batch in
/// training and of the running statistics afterwards; then times a weight and plus a bias.
public final class BatchNorm<S: NetworkScalar>: Layer<S> {
  private let weight: NetworkParameter<S>
  private let bias: NetworkParameter<S>
  private let mean: NetworkParameter<S>
  private let variance: NetworkParameter<S>
  private let epsilon: S
  private let momentum: S
  private let isUnbiased: Bool
  private let channels: Int
  private let plane: Int
  private var means: [S]
  /// 1 / sqrt(variance + epsilon)
  private var scales: [S]
  /// Vectors [count x channels] are transposed to [channels x count], where a channel's values are contiguous.
  private var turned: [Values<S>] = []

  /// - Parameters:
  ///   - shape: [channels] or [channels x rows x columns].
  ///   - momentum: weight of a batch in the running mean and variance (as in PyTorch; Keras' momentum is 1 minus this).
  ///   - isUnbiased: the running variance is that of a sample (PyTorch), not of the batch itself (Keras).
  public init(_ shape: [Int], momentum: S = 0.1, epsilon: S = 1e-5, isUnbiased: Bool = true) {
    channels = shape[0]
    plane = shape.dropFirst().reduce(1, *)
    self.momentum = momentum
    self.epsilon = epsilon
    self.isUnbiased = isUnbiased
    weight = NetworkParameter("weight", [channels], initial: 1)
    bias = NetworkParameter("bias", [channels])
    mean = NetworkParameter("mean", [channels], isLearned: false)
    variance = NetworkParameter("variance", [channels], isLearned: false, initial: 1)
    means = [S](repeating: 0, count: channels)
    scales = means
    super.init(shape, shape, [weight, bias, mean, variance])
  }

  override var mixesTokens: Bool { true }

  override func reserve(_ count: Int) {
    turned = plane == 1 ? (0..<3).map { _ in Values(count * channels) } : []
  }

  override func forward(_ input: UnsafePointer<S>, _ output: UnsafeMutablePointer<S>, _ pass: NetworkPass) {
    guard plane == 1 else { return normalize(input, output, Segments(pass.count, channels, plane), pass) }
    S.kernels.transpose(turned[0].pointer, pass.count, input, channels, pass.count, channels)
    normalize(turned[0].pointer, turned[1].pointer, Segments(1, channels, pass.count), pass)
    S.kernels.transpose(output, channels, turned[1].pointer, pass.count, channels, pass.count)
  }

  override func backward(
    _ input: UnsafePointer<S>, _ output: UnsafePointer<S>, _ gradient: UnsafeMutablePointer<S>,
    _ inputGradient: UnsafeMutablePointer<S>?, _ pass: NetworkPass
  ) {
    guard plane == 1 else {
      return differentiate(input, gradient, inputGradient, Segments(pass.count, channels, plane), pass)
    }
    S.kernels.transpose(turned[0].pointer, pass.count, input, channels, pass.count, channels)
    S.kernels.transpose(turned[1].pointer, pass.count, gradient, channels, pass.count, channels)
    differentiate(
      turned[0].pointer, turned[1].pointer, turned[2].pointer, Segments(1, channels, pass.count), pass)
    if let inputGradient {
      S.kernels.transpose(inputGradient, channels, turned[2].pointer, pass.count, channels, pass.count)
    }
  }

  /// Layout of a channel's values: `count` stretches of `length`.
  private struct Segments {
    let count: Int
    let channels: Int
    let length: Int
    var total: Int { count * length }

    init(_ count: Int, _ channels: Int, _ length: Int) {
      (self.count, self.channels, self.length) = (count, channels, length)
    }

    func place(_ segment: Int, _ channel: Int) -> Int { (segment * channels + channel) * length }
  }

  private func normalize(
    _ input: UnsafePointer<S>, _ output: UnsafeMutablePointer<S>, _ segments: Segments, _ pass: NetworkPass
  ) {
    for channel in 0..<channels {
      if pass.isTraining { learn(channel, input, segments) } else { recall(channel) }
      let factor = weight.pointer[channel] * scales[channel]
      let offset = bias.pointer[channel] - factor * means[channel]
      for segment in 0..<segments.count {
        let place = segments.place(segment, channel)
        S.kernels.affine(output + place, input + place, factor, offset, segments.length)
      }
    }
  }

  private func learn(_ channel: Int, _ input: UnsafePointer<S>, _ segments: Segments) {
    var sum: S = 0
    for segment in 0..<segments.count {
      sum += S.kernels.sum(input + segments.place(segment, channel), segments.length)
    }
    let count = S(segments.total)
    let batchMean = sum / count
    var squares: S = 0
    for segment in 0..<segments.count {
      squares += S.kernels.spreadOf(input + segments.place(segment, channel), batchMean, segments.length)
    }
    means[channel] = batchMean
    scales[channel] = 1 / (squares / count + epsilon).squareRoot()
    let kept = isUnbiased ? squares / S(max(1, segments.total - 1)) : squares / count
    mean.values.pointer[channel] += momentum * (batchMean - mean.pointer[channel])
    variance.values.pointer[channel] += momentum * (kept - variance.pointer[channel])
  }

  private func recall(_ channel: Int) {
    means[channel] = mean.pointer[channel]
    scales[channel] = 1 / (variance.pointer[channel] + epsilon).squareRoot()
  }

  private func differentiate(
    _ input: UnsafePointer<S>, _ gradient: UnsafePointer<S>, _ inputGradient: UnsafeMutablePointer<S>?,
    _ segments: Segments, _ pass: NetworkPass
  ) {
    let count = S(segments.total)
    for channel in 0..<channels {
      var (sum, product): (S, S) = (0, 0)
      for segment in 0..<segments.count {
        let place = segments.place(segment, channel)
        sum += S.kernels.sum(gradient + place, segments.length)
        product += S.kernels.dot(gradient + place, input + place, segments.length)
      }
      let along = scales[channel] * (product - means[channel] * sum)
      weight.gradientPointer[channel] += along
      bias.gradientPointer[channel] += sum
      guard let inputGradient else { continue }
      let a = weight.pointer[channel] * scales[channel]
      let b = pass.isTraining ? -a * scales[channel] * along / count : 0
      let c = pass.isTraining ? -a * sum / count - b * means[channel] : 0
      for segment in 0..<segments.count {
        let place = segments.place(segment, channel)
        S.kernels.combine(inputGradient + place, gradient + place, input + place, a, b, c, segments.length)
      }
    }
  }

  override func plan(_ plan: InferencePlan) {
    var (factors, offsets): ([Float], [Float]) = ([], [])
    for channel in 0..<channels {
      let factor = weight.pointer[channel] / (variance.pointer[channel] + epsilon).squareRoot()
      factors.append(Float(factor))
      offsets.append(Float(bias.pointer[channel] - factor * mean.pointer[channel]))
    }
    plan.affine(factors, offsets, plane: plane)
  }
}

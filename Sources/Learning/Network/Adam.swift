/// Adam (Kingma, Ba 2015), in PyTorch's or Keras' version: they differ in where epsilon is added.
public final class Adam<S: NetworkScalar> {
  private let rate: Double
  private let beta1: Double
  private let beta2: Double
  private let epsilon: Double
  private let isKeras: Bool
  private let parameters: [NetworkParameter<S>]
  private let first: [Values<S>]
  private let second: [Values<S>]
  private var powers = (beta1: 1.0, beta2: 1.0)

  /// - Parameter epsilon: nil: 1e-8 for PyTorch, 1e-7 for Keras.
  public init(
    _ parameters: [NetworkParameter<S>], rate: Double, beta1: Double = 0.9, beta2: Double = 0.999,
    epsilon: Double? = nil, like kind: Initialization = .pytorch
  ) {
    self.parameters = parameters.filter { $0.gradient != nil }
    self.rate = rate
    self.beta1 = beta1
    self.beta2 = beta2
    isKeras = kind == .keras
    self.epsilon = epsilon ?? (isKeras ? 1e-7 : 1e-8)
    first = self.parameters.map { Values($0.values.count) }
    second = self.parameters.map { Values($0.values.count) }
  }

  /// One step against the gradients, which it then clears.
  public func step() {
    powers.beta1 *= beta1
    powers.beta2 *= beta2
    let correction = (1 - powers.beta2).squareRoot()
    let stepRate = rate * correction / (1 - powers.beta1)
    // PyTorch adds epsilon to the corrected root.
    let stepEpsilon = isKeras ? epsilon : epsilon * correction
    for (index, parameter) in parameters.enumerated() {
      S.kernels.adam(
        parameter.values.pointer, first[index].pointer, second[index].pointer, parameter.gradientPointer, S(stepRate),
        S(beta1), S(beta2), S(stepEpsilon), parameter.values.count)
    }
  }
}

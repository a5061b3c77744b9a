import CNetwork

/// The loss of training: a mean over the tokens, and over each token's values if it has many.
public enum Loss: Sendable {
  /// Mean of (output - target)^2.
  case meanSquaredError
  /// Mean of -(t log y + (1 - t) log(1 - y)), y limited to 1e-7 from 0 and 1 as Keras does.
  case binaryCrossEntropy
  /// -log softmax(output)[class]: takes the output before a softmax.
  case crossEntropy

  /// The targets of the outputs, one token after the other.
  public enum Target<S> {
    /// [count x values]
    case values(UnsafePointer<S>)
    /// [count] index of each token's class
    case classes(UnsafePointer<Int32>)
  }

  /// Adds each token's loss to `losses` [count], and writes the gradient of the mean over `total` tokens to `gradient`.
  func evaluate<S: NetworkScalar>(
    _ output: UnsafePointer<S>, _ target: Target<S>, count: Int, size: Int, total: Int, losses: inout [S],
    gradient: UnsafeMutablePointer<S>?
  ) {
    for token in 0..<count {
      let values = output + token * size
      let slopes = gradient.map { $0 + token * size }
      switch (self, target) {
      case (.meanSquaredError, .values(let wanted)):
        losses.append(S.kernels.squaredError(slopes, values, wanted + token * size, S(total), size))
      case (.binaryCrossEntropy, .values(let wanted)):
        losses.append(binary(values, size, S(total), slopes) { wanted[token * size + $0] })
      case (.binaryCrossEntropy, .classes(let classes)):
        losses.append(binary(values, size, S(total), slopes) { $0 == Int(classes[token]) ? 1 : 0 })
      case (.crossEntropy, .classes(let classes)):
        losses.append(categorical(values, size, Int(classes[token]), S(total), slopes))
      default: preconditionFailure("a mean squared error takes values, a cross-entropy classes")
      }
    }
  }

  private func binary<S: NetworkScalar>(
    _ values: UnsafePointer<S>, _ size: Int, _ total: S, _ slopes: UnsafeMutablePointer<S>?, _ wanted: (Int) -> S
  ) -> S {
    let margin: S = 1e-7
    var sum = 0.0
    for index in 0..<size {
      let (y, t) = (min(max(values[index], margin), 1 - margin), wanted(index))
      sum -= logarithm(Double(y)) * Double(t) + logarithm(Double(1 - y)) * Double(1 - t)
      let isLimited = y != values[index]
      slopes?[index] = isLimited ? 0 : ((1 - t) / (1 - y) - t / y) / (S(size) * total)
    }
    return S(sum) / S(size)
  }

  private func categorical<S: NetworkScalar>(
    _ values: UnsafePointer<S>, _ size: Int, _ wanted: Int, _ total: S, _ slopes: UnsafeMutablePointer<S>?
  ) -> S {
    var greatest = values[0]
    for index in 1..<size { greatest = max(greatest, values[index]) }
    var sum = 0.0
    for index in 0..<size { sum += exponential(Double(values[index] - greatest)) }
    for index in 0..<size {
      let probability = exponential(Double(values[index] - greatest)) / sum
      slopes?[index] = (S(probability) - (index == wanted ? 1 : 0)) / total
    }
    return S(logarithm(sum) - Double(values[wanted] - greatest))
  }
}

import CKernels
import NodeKit

/// The parameter `scale`: whether values are standardised before scoring.
public enum Scaling: String, Sendable {
  case none, standard

  public static func parameter(default initial: Scaling) -> ParameterDeclaration {
    .choice(
      "scale", "standard: subtract the mean and divide by the deviation of the training data; none: no scaling",
      of: ["none", "standard"], default: initial.rawValue)
  }

  /// The parameter's value; `none` where a class does not have it.
  init(_ arguments: Arguments) {
    self = arguments.declares("scale") ? Scaling(rawValue: arguments.text("scale"))! : .none
  }
}

/// Mean and 1 / deviation of every value, as scikit-learn's StandardScaler: population deviation, 1 for a constant one.
struct Standardizer {
  var means: [Double]
  var factors: [Double]

  /// Of all tokens of all machines together. Values of empty columns always become 0.
  init(_ examples: [Examples], _ scaling: Scaling, emptyColumns: Set<Int> = [], columns: Int = 1) {
    let width = examples[0].width
    means = [Double](repeating: 0, count: width)
    factors = [Double](repeating: 1, count: width)
    if scaling == .standard { standardize(examples) }
    guard !emptyColumns.isEmpty else { return }
    for index in 0..<width where emptyColumns.contains(index % columns) { factors[index] = 0 }
  }

  private mutating func standardize(_ examples: [Examples]) {
    let width = examples[0].width
    var squares = means
    let count = Double(examples.reduce(0) { $0 + $1.count })
    for examples in examples {
      for row in 0..<examples.count {
        let values = examples.row(row)
        for column in 0..<width { means[column] += Double(values[column]) }
      }
    }
    for column in means.indices { means[column] /= count }
    for examples in examples {
      for row in 0..<examples.count {
        let values = examples.row(row)
        for column in 0..<width {
          let difference = Double(values[column]) - means[column]
          squares[column] += difference * difference
        }
      }
    }
    for column in means.indices {
      let variance = squares[column] / count
      // A constant's remainder after rounding is not a deviation.
      let leastVariance = 10 * Double.ulpOfOne * max(abs(means[column]), 1) * max(abs(means[column]), 1) * 1e-3
      factors[column] = variance <= leastVariance ? 1 : 1 / variance.squareRoot()
    }
  }

  /// A token [width], scaled.
  func scale(_ token: UnsafePointer<Float>, into values: UnsafeMutablePointer<Float>) {
    kernel_standardize_narrow(values, token, means, factors, means.count)
  }
}

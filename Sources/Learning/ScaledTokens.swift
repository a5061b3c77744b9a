import CKernels
import NodeKit

/// A machine's training tokens, scaled as its scorer scales them. Values are computed where they are needed: in double
/// precision they would take several times the memory of the tokens.
///
/// Thread: control; reading, any.
public struct ScaledTokens {
  public let count: Int
  /// Values in a token.
  public let width: Int
  private let examples: Examples
  private let means: Values<Double>
  private let factors: Values<Double>

  init(_ examples: Examples, _ standardizer: Standardizer) {
    self.init(examples, means: standardizer.means, factors: standardizer.factors)
  }

  /// Value i becomes (value - means[i]) * factors[i].
  public init(_ examples: Examples, means: [Double], factors: [Double]) {
    self.examples = examples
    (count, width) = (examples.count, examples.width)
    self.means = Values(means)
    self.factors = Values(factors)
  }

  /// Computes the values of a token in a range of columns.
  func read(_ index: Int, _ columns: Range<Int>, into values: UnsafeMutablePointer<Double>) {
    let first = columns.lowerBound
    kernel_standardize(
      values, examples.row(index) + first, means.pointer + first, factors.pointer + first, columns.count)
  }

  /// Computes the values of a token [width].
  public func read(_ index: Int, into values: UnsafeMutablePointer<Double>) { read(index, 0..<width, into: values) }

  /// The same, rounded to single precision.
  public func read(_ index: Int, into values: UnsafeMutablePointer<Float>) {
    kernel_standardize_narrow(values, examples.row(index), means.pointer, factors.pointer, width)
  }

  /// The values of some tokens, rounded to single precision [indices x width].
  public func floats(of indices: [Int]) -> [Float] {
    let room = Values<Double>(width)
    var result: [Float] = []
    result.reserveCapacity(indices.count * width)
    for index in indices {
      read(index, into: room.pointer)
      result += UnsafeBufferPointer(start: room.pointer, count: width).lazy.map { Float($0) }
    }
    return result
  }

  /// Calls the body with the values [width] of each token, in order.
  public func readAll(_ body: (_ index: Int, _ values: UnsafePointer<Double>) throws -> Void) rethrows {
    let room = Values<Double>(width)
    for index in 0..<count {
      read(index, into: room.pointer)
      try body(index, room.pointer)
    }
  }

  /// All tokens at once: where they are few.
  public func matrix() -> Matrix {
    var result = Matrix(rows: count, columns: width)
    result.values.withUnsafeMutableBufferPointer { values in
      for index in 0..<count { read(index, into: values.baseAddress! + index * width) }
    }
    return result
  }
}

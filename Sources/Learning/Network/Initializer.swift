import NodeKit

/// Initial values of a network's parameters. They have the named library's distribution, not its exact numbers.
public enum Initialization: String, Sendable {
  /// Uniform within 1 / sqrt(inputs of a unit), weights and biases alike (He et al. 2015 with a = sqrt(5)).
  case pytorch
  /// Uniform within sqrt(6 / (inputs + outputs)), biases 0 (Glorot, Bengio 2010).
  case keras
}

/// Draws parameters from a seed.
public struct Initializer {
  let kind: Initialization
  var generator: SeededGenerator

  public init(_ kind: Initialization, seed: UInt64) {
    self.kind = kind
    generator = SeededGenerator(seed: seed)
  }

  mutating func uniform<S>(_ values: Values<S>, within bound: Double) {
    for index in 0..<values.count { values.pointer[index] = S((2 * generator.unit() - 1) * bound) }
  }

  /// Normal with deviation 1 (Box, Muller 1958).
  mutating func normal<S>(_ values: Values<S>) {
    for index in 0..<values.count { values.pointer[index] = S(generator.normal()) }
  }

  /// Weights and biases of a unit with the given number of inputs; Keras' bound also uses outputs.
  mutating func unit<S>(
    _ weight: NetworkParameter<S>, _ bias: NetworkParameter<S>, inputs: Int, glorot: (inputs: Int, outputs: Int)
  ) {
    switch kind {
    case .pytorch:
      let bound = 1 / Double(inputs).squareRoot()
      uniform(weight.values, within: bound)
      uniform(bias.values, within: bound)
    case .keras:
      uniform(weight.values, within: (6 / Double(glorot.inputs + glorot.outputs)).squareRoot())
      bias.values.clear()
    }
  }

  /// An orthogonal matrix [rows x columns], rows >= columns: Gram-Schmidt on normal columns.
  mutating func orthogonal<S>(_ values: Values<S>, rows: Int, columns: Int) {
    var vectors: [[Double]] = []
    while vectors.count < columns {
      var vector = (0..<rows).map { _ in generator.normal() }
      for _ in 0..<2 {
        for other in vectors {
          let along = zip(vector, other).reduce(0) { $0 + $1.0 * $1.1 }
          for index in vector.indices { vector[index] -= along * other[index] }
        }
      }
      let length = vector.reduce(0) { $0 + $1 * $1 }.squareRoot()
      if length > 1e-6 { vectors.append(vector.map { $0 / length }) }
    }
    for row in 0..<rows {
      for column in 0..<columns { values.pointer[row * columns + column] = S(vectors[column][row]) }
    }
  }
}

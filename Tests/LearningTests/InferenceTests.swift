import CNetwork
import Learning
import NodeKit
import TestSupport
import Testing

/// Networks in use: the same results as in training, and the same bits however many tokens lie beside one.
@Suite struct InferenceTests {
  struct Case: Sendable, CustomTestStringConvertible {
    var name: String
    var size: Int
    /// The most tokens of a call that are to be expected.
    var tokens: Int
    var layers: @Sendable () -> [Layer<Float>]
    var testDescription: String { name }
  }

  static let cases = [
    Case(name: "dense", size: 37, tokens: 16) {
      [Dense([37], outputs: 70), ReLU([70]), Dense([70], outputs: 8), Sigmoid([8]), Dense([8], outputs: 37)]
    },
    Case(name: "dense with batch normalisation", size: 20, tokens: 16) {
      [Dense([20], outputs: 33), BatchNorm([33]), ReLU([33]), Dense([33], outputs: 20), BatchNorm([20])]
    },
    Case(name: "affine steps that no dense layer takes", size: 20, tokens: 16) {
      [BatchNorm([20]), ReLU([20]), Dense([20], outputs: 18), ReLU([18]), BatchNorm([18]), Dense([18], outputs: 20)]
    },
    Case(name: "LSTM", size: 5 * 7, tokens: 16) {
      [
        LSTM([5, 7], size: 11, lastStepOnly: true), Dense([11], outputs: 3), Repeat([3], steps: 5),
        LSTM([5, 3], size: 7),
      ]
    },
    Case(name: "LSTM over other steps than were repeated", size: 6, tokens: 16) {
      [Repeat([6], steps: 4), Reshape([4, 6], [2, 12]), LSTM([2, 12], size: 3), Dense([6], outputs: 6)]
    },
    Case(name: "convolutions", size: 36, tokens: 16) {
      [
        Reshape([36], [1, 6, 6]), Convolution([1, 6, 6], outputs: 3), BatchNorm([3, 6, 6]), ReLU([3, 6, 6]),
        MaxPool([3, 6, 6]), TransposedConvolution([3, 3, 3], outputs: 1), Reshape([1, 6, 6], [36]),
      ]
    },
    Case(name: "convolutions with edges and without pools", size: 35, tokens: 16) {
      [
        Reshape([35], [1, 5, 7]), Convolution([1, 5, 7], outputs: 7), ReLU([7, 5, 7]), MaxPool([7, 5, 7], ceil: true),
        MaxPool([7, 3, 4]), ReLU([7, 1, 2]), Upsample([7, 1, 2]), Convolution([7, 2, 4], outputs: 2), ReLU([2, 2, 4]),
        BatchNorm([2, 2, 4]), TransposedConvolution([2, 2, 4], outputs: 3), ReLU([3, 4, 8]), Dense([96], outputs: 35),
      ]
    },
    Case(name: "strided convolutions", size: 45, tokens: 16) {
      [
        Reshape([45], [1, 5, 9]), StridedConvolution([1, 5, 9], outputs: 4), BatchNorm([4, 3, 5]), ReLU([4, 3, 5]),
        StridedConvolution([4, 3, 5], outputs: 7), ReLU([7, 2, 3]), MaxPool([7, 2, 3]), Dense([7], outputs: 45),
      ]
    },
    Case(name: "a convolution wider than the registers", size: 40, tokens: 16) {
      [
        Reshape([40], [1, 2, 20]), Convolution([1, 2, 20], outputs: 34), Convolution([34, 2, 20], outputs: 7),
        BatchNorm([7, 2, 20]), ReLU([7, 2, 20]), Convolution([7, 2, 20], outputs: 1), Sigmoid([1, 2, 20]),
      ]
    },
    Case(name: "layers too large for a batch", size: 40_000, tokens: 1) {
      [Dense([40_000], outputs: 2), Dense([2], outputs: 40_000)]
    },
  ]

  private func network(_ test: Case) -> Network<Float> {
    let network = Network(test.layers(), batch: 1)
    network.initialize(.pytorch, seed: 7)
    var generator = SeededGenerator(seed: 8)
    // Running means and variances other than 0 and 1.
    for parameter in network.parameters where ["mean", "variance"].contains(parameter.name) {
      parameter.values.array = parameter.values.array.map { _ in Float(generator.unit() + 0.5) }
    }
    network.parametersChanged()
    return network
  }

  @Test(arguments: cases) func resultsDoNotDependOnTheNumberOfTokens(_ test: Case) {
    let memory = ScorerMemory()
    let inference = Inference(network(test), memory: memory)
    #expect(inference.mostTokens == test.tokens)
    var generator = SeededGenerator(seed: 1)
    let tokens = (0..<(inference.mostTokens * test.size)).map { _ in Float(generator.unit() * 4 - 2) }
    let single = (0..<inference.mostTokens).map { token in
      Array(UnsafeBufferPointer(start: inference.run(Array(tokens[(token * test.size)...])), count: test.size))
    }
    for count in 1...inference.mostTokens {
      let results = inference.run(tokens, tokens: count)
      for token in 0..<count {
        let result = Array(UnsafeBufferPointer(start: results + token * test.size, count: test.size))
        #expect(result.map(\.bitPattern) == single[token].map(\.bitPattern), "token \(token) of \(count)")
      }
    }
    withExtendedLifetime(memory) {}
  }

  @Test(arguments: cases) func resultsAreThoseOfTraining(_ test: Case) {
    let network = network(test)
    let memory = ScorerMemory()
    let inference = Inference(network, memory: memory)
    var generator = SeededGenerator(seed: 2)
    let token = (0..<test.size).map { _ in Float(generator.unit() * 4 - 2) }
    let expected = network.trace(token) { [Float](repeating: 0, count: $0.count) }.output
    let result = inference.run(token)
    for index in 0..<test.size { #expect(abs(result[index] - expected[index]) < 1e-5 * max(1, abs(expected[index]))) }
    withExtendedLifetime(memory) {}
  }

  /// Every combination of whole and partial blocks of rows and of tokens, against a plain loop in double.
  @Test(arguments: [1, 8, 15, 16, 17, 63, 64, 65, 130], [1, 2, 3, 4, 5, 7, 16])
  func denseIsThePlainSum(rows: Int, tokens: Int) {
    let columns = 21
    var generator = SeededGenerator(seed: UInt64(rows))
    func random(_ count: Int) -> [Float] { (0..<count).map { _ in Float(generator.unit() * 2 - 1) } }
    let (weights, input) = (random(rows * columns), random(tokens * columns))
    let biases = random(rows + 16)
    var packed = [Float](repeating: .nan, count: (rows + 15) / 16 * 16 * columns)
    network_pack_dense_float(&packed, weights, rows, columns)
    for isRectified in [false, true] {
      var output = [Float](repeating: 99, count: tokens * rows + 1)
      network_dense_float(&output, packed, biases, 0, input, tokens, rows, columns, isRectified ? 1 : 0)
      #expect(output.last == 99)
      for token in 0..<tokens {
        for row in 0..<rows {
          let sum = (0..<columns).reduce(Double(biases[row])) {
            $0 + Double(weights[row * columns + $1]) * Double(input[token * columns + $1])
          }
          #expect(abs(Double(output[token * rows + row]) - (isRectified ? max(0, sum) : sum)) < 1e-5)
        }
      }
    }
  }
}

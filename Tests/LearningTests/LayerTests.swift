import Learning
import NodeKit
import Testing

/// Every layer's forward and backward pass: as in PyTorch and Keras, in both precisions, and as by finite differences.
struct LayerTests {
  static let cases: [String] = [
    "dense", "conv2d", "conv2d_one_channel", "conv2d_one_pixel", "strided_conv2d",
    "strided_conv2d_even", "strided_conv2d_one_pixel", "conv_transpose2d", "max_pool_floor", "max_pool_ceil",
    "max_pool_even", "max_pool_ties", "upsample", "global_average_pool", "relu", "sigmoid", "softmax", "lstm",
    "lstm_last", "lstm_one_step", "batch_norm_training", "batch_norm_inference", "batch_norm_keras_training",
    "batch_norm_keras_inference", "batch_norm_image_training", "batch_norm_image_inference",
    "batch_norm_image_keras_training", "batch_norm_image_keras_inference",
  ]

  @Test(arguments: cases)
  func isAsInPyTorch(_ name: String) throws {
    let fixture = try Fixture("layers/\(name)")
    // Keras' training pass computes some numbers in single precision, whatever the layer's precision.
    try compare(fixture, name, Double.self, tolerance: name.contains("keras_training") ? 1e-6 : 1e-10)
    try compare(fixture, name, Float.self, tolerance: 1e-5)
  }

  @Test(arguments: cases.filter { $0 != "max_pool_ties" })
  func isAsFiniteDifferences(_ name: String) throws {
    let fixture = try Fixture("layers/\(name)")
    let layer = try makeLayer(name, fixture, Double.self)
    let isTraining = name.hasSuffix("training")
    let count = fixture.shape("input")[0]
    let network = Network([layer], batch: count)
    let weights = fixture.numbers("grad_output")
    let input = fixture.numbers("input")
    // The differentiated function: a weighted sum of the outputs.
    func value(_ tokens: [Double]) -> Double {
      network.parametersChanged()
      let output = network.trace(tokens, isTraining: isTraining) { _ in weights }.output
      return zip(output, weights).reduce(0) { $0 + $1.0 * $1.1 }
    }
    for parameter in layer.parameters {
      parameter.gradient?.array = [Double](repeating: 0, count: parameter.values.count)
    }
    let gradient = network.trace(input, isTraining: isTraining) { _ in weights }.inputGradient
    let step = 1e-5
    let places = input.indices.filter { !isNearKink(name, input, $0) }
    let numeric = places.map { index -> Double in
      var (up, down) = (input, input)
      up[index] += step
      down[index] -= step
      return (value(up) - value(down)) / (2 * step)
    }
    #expect(distance(numeric, places.map { gradient[$0] }) < 1e-5)
    for parameter in layer.parameters {
      guard let slopes = parameter.gradient else { continue }
      slopes.array = [Double](repeating: 0, count: parameter.values.count)
      _ = network.trace(input, isTraining: isTraining) { _ in weights }
      let analytic = slopes.array
      let numeric = parameter.values.array.indices.map { index -> Double in
        let kept = parameter.values.array[index]
        defer { parameter.values.pointer[index] = kept }
        parameter.values.pointer[index] = kept + step
        let above = value(input)
        parameter.values.pointer[index] = kept - step
        return (above - value(input)) / (2 * step)
      }
      #expect(distance(numeric, analytic) < 1e-5, "\(name): \(parameter.name)")
    }
  }

  @Test func theMachinesEmbedding() throws {
    let fixture = try Fixture("layers/embedding")
    let layer = MachineEmbedding<Double>([1], machines: 4, size: 3)
    layer.parameters[0].values.array = fixture.numbers("weight")
    let machines = fixture.numbers("input").map { Int32($0) }
    let network = Network([layer], batch: machines.count)
    let upstream = fixture.numbers("grad_output")
    let result = network.trace(machines.map(Double.init), machines: machines) { _ in
      machines.indices.flatMap { [7] + upstream[($0 * 3)..<($0 * 3 + 3)] }
    }
    let after = machines.indices.flatMap { result.output[($0 * 4 + 1)..<($0 * 4 + 4)] }
    #expect(after == fixture.numbers("output"))
    #expect(machines.indices.allSatisfy { result.output[$0 * 4] == Double(machines[$0]) })
    #expect(result.inputGradient == [Double](repeating: 7, count: machines.count))
    #expect(distance(layer.parameters[0].gradient!.array, fixture.numbers("grad_weight")) < 1e-12)
  }

  @Test func dropoutKeepsTheMeanAndItsGradientFollows() {
    let count = 20_000
    let network = Network([Dropout<Double>([count], share: 0.3, seed: 5)], batch: 1)
    let ones = [Double](repeating: 1, count: count)
    #expect(network.trace(ones) { $0 }.output == ones)
    let result = network.trace(ones, isTraining: true) { _ in ones }
    let kept = result.output.filter { $0 != 0 }
    #expect(kept.allSatisfy { abs($0 - 1 / 0.7) < 1e-12 })
    #expect(abs(Double(kept.count) / Double(count) - 0.7) < 0.02)
    #expect(result.inputGradient == result.output)
  }

  @Test func cropTransposeAndRepeat() {
    let image = (0..<12).map(Double.init)
    let crop = Network([Crop<Double>([1, 3, 4], rows: 2, columns: 3)], batch: 1).trace(image) { $0 }
    #expect(crop.output == [0, 1, 2, 4, 5, 6])
    #expect(crop.inputGradient == [0, 1, 2, 0, 4, 5, 6, 0, 0, 0, 0, 0])
    let transposed = Network([Transpose<Double>(rows: 3, columns: 4)], batch: 1).trace(image) { $0 }
    #expect(transposed.output == [0, 4, 8, 1, 5, 9, 2, 6, 10, 3, 7, 11])
    #expect(transposed.inputGradient == image)
    let repeated = Network([Repeat<Double>([2], steps: 3)], batch: 2).trace([1, 2, 3, 4]) { $0 }
    #expect(repeated.output == [1, 2, 1, 2, 1, 2, 3, 4, 3, 4, 3, 4])
    #expect(repeated.inputGradient == [3, 6, 9, 12])
  }

  // MARK: One case

  private func compare<S: NetworkScalar>(_ fixture: Fixture, _ name: String, _: S.Type, tolerance: Double) throws {
    let layer = try makeLayer(name, fixture, S.self)
    let isTraining = name.hasSuffix("training")
    let network = Network([layer], batch: fixture.shape("input")[0])
    let result = network.trace(fixture.numbers("input").map { S($0) }, isTraining: isTraining) { _ in
      fixture.numbers("grad_output").map { S($0) }
    }
    #expect(distance(result.output.map { Double($0) }, fixture.numbers("output")) < tolerance, "\(S.self) output")
    #expect(
      distance(result.inputGradient.map { Double($0) }, fixture.numbers("grad_input")) < tolerance,
      "\(S.self) gradient of the input")
    for parameter in layer.parameters {
      if let gradient = parameter.gradient {
        #expect(
          distance(gradient.array.map { Double($0) }, fixture.numbers("grad_\(parameter.name)")) < tolerance,
          "\(S.self) gradient of \(parameter.name)")
      } else if fixture.has("new_\(parameter.name)") {
        #expect(
          distance(parameter.values.array.map { Double($0) }, fixture.numbers("new_\(parameter.name)")) < tolerance)
      }
    }
  }

  private func makeLayer<S: NetworkScalar>(_ name: String, _ fixture: Fixture, _: S.Type) throws -> Layer<S> {
    let input = Array(fixture.shape("input").dropFirst())
    let output = Array(fixture.shape("output").dropFirst())
    let layer: Layer<S> =
      switch name.split(separator: "_")[0] {
      case "dense": Dense(input, outputs: output[0])
      case "conv2d": Convolution(input, outputs: output[0])
      case "strided": StridedConvolution(input, outputs: output[0])
      case "conv": TransposedConvolution(input, outputs: output[0])
      case "max": MaxPool(input, ceil: name.hasSuffix("ceil"))
      case "upsample": Upsample(input)
      case "global": GlobalAverage(input)
      case "relu": ReLU(input)
      case "sigmoid": Sigmoid(input)
      case "softmax": Softmax(input)
      case "lstm": LSTM(input, size: output.last!, lastStepOnly: name.hasSuffix("last"))
      case "batch":
        BatchNorm(
          input, momentum: S(fixture.number("momentum")), epsilon: S(fixture.number("epsilon")),
          isUnbiased: !name.contains("keras"))
      default: throw UnknownCase(name: name)
      }
    for parameter in layer.parameters { parameter.values.array = fixture.numbers(parameter.name).map { S($0) } }
    return layer
  }

  private struct UnknownCase: Error { var name: String }

  /// Points at which a step of the difference would cross a corner of the function.
  private func isNearKink(_ name: String, _ input: [Double], _ index: Int) -> Bool {
    switch name {
    case "relu": abs(input[index]) < 1e-3
    default: false
    }
  }
}

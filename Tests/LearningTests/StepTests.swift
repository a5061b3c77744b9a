import Learning
import Testing

/// Whole networks in training: after some epochs of some steps every weight equals PyTorch's.
@Suite struct StepTests {
  struct Case: Sendable, CustomTestStringConvertible {
    var name: String
    var loss = Loss.meanSquaredError
    var layers: @Sendable (_ frames: Int, _ bands: Int) -> [Layer<Double>]
    var testDescription: String { name }
  }

  /// As in steps.py.
  private static let (epochs, batch) = (3, 4)

  static let cases = [
    Case(name: "autoencoder") { frames, bands in dense(frames * bands) + [Sigmoid([frames * bands])] },
    Case(name: "autoencoder_norm") { frames, bands in dense(frames * bands, isNormalized: true) },
    Case(name: "convae") { frames, bands in
      let builder = Builder(frames, bands)
      for count in [3, 5] {
        builder.add { Convolution($0, outputs: count) }
        builder.add { ReLU($0) }
        builder.add { MaxPool($0, ceil: true) }
      }
      builder.add { TransposedConvolution($0, outputs: 3) }
      builder.add { ReLU($0) }
      builder.add { TransposedConvolution($0, outputs: 1) }
      builder.add { Crop($0, rows: bands, columns: frames) }
      builder.add { Sigmoid($0) }
      return builder.backToToken(frames, bands)
    },
    Case(name: "lstmae") { frames, bands in
      [
        LSTM([frames, bands], size: 5, lastStepOnly: true), Dense([5], outputs: 3), Dense([3], outputs: 5),
        Repeat([5], steps: frames), LSTM([frames, 5], size: bands),
      ]
    },
    Case(name: "embedding") { frames, bands in
      let builder = Builder(frames, bands)
      for count in [2, 3, 4] {
        builder.add { Convolution($0, outputs: count) }
        builder.add { ReLU($0) }
        builder.add { MaxPool($0) }
      }
      builder.add { Convolution($0, outputs: 5) }
      builder.add { ReLU($0) }
      builder.add { GlobalAverage($0) }
      builder.add { MachineEmbedding($0, machines: 3, size: 2) }
      builder.add { Dense($0, outputs: 3) }
      let start = [3, bands / 8, frames / 8]
      builder.add { Dense($0, outputs: start.reduce(1, *)) }
      builder.add { ReLU($0) }
      builder.add { Reshape($0, start) }
      for count in [4, 3, 2] {
        builder.add { Upsample($0) }
        builder.add { Convolution($0, outputs: count) }
        builder.add { ReLU($0) }
      }
      builder.add { Convolution($0, outputs: 1) }
      builder.add { Sigmoid($0) }
      return builder.backToToken(frames, bands)
    },
    Case(name: "cnn", loss: .crossEntropy) { frames, bands in
      let builder = Builder(frames, bands)
      builder.add { Convolution($0, outputs: 3) }
      builder.add { BatchNorm($0) }
      builder.add { ReLU($0) }
      builder.add { MaxPool($0) }
      builder.add { Dense($0, outputs: 4) }
      return builder.layers
    },
  ]

  @Test(arguments: cases) func weightsFollowPyTorchs(_ test: Case) throws {
    let fixture = try Fixture("steps/\(test.name)")
    let (count, frames, bands) = (fixture.shape("tokens")[0], fixture.shape("tokens")[1], fixture.shape("tokens")[2])
    let network = Network(test.layers(frames, bands), batch: Self.batch)
    let parameters = named(network)
    for (name, parameter) in parameters { parameter.values.array = fixture.numbers("before_\(name)") }
    network.parametersChanged()
    let optimiser = Adam(network.parameters, rate: 1e-3, like: fixture.number("is_keras") == 1 ? .keras : .pytorch)
    let integers = { (name: String) in fixture.has(name) ? fixture.numbers(name).map { Int32($0) } : nil }
    let (classes, machines) = (integers("class"), integers("machine"))
    var losses: [Double] = []
    fixture.numbers("tokens").withUnsafeBufferPointer { values in
      for _ in 0..<Self.epochs {
        for begin in stride(from: 0, to: count, by: Self.batch) {
          let part = begin..<min(begin + Self.batch, count)
          let batch = Network<Double>.Batch(
            part.map { values.baseAddress! + $0 * frames * bands }, classes: classes.map { Array($0[part]) },
            machines: machines.map { Array($0[part]) })
          let each = network.learn(batch, test.loss)
          losses.append(each.reduce(0, +) / Double(part.count))
          optimiser.step()
          network.parametersChanged()
        }
      }
    }
    #expect(distance(losses, fixture.numbers("losses")) < 1e-9)
    for (name, parameter) in parameters {
      #expect(distance(parameter.values.array, fixture.numbers("after_\(name)")) < 1e-8, "\(name)")
      // Weights have moved much further; a bias before a batch norm has no effect.
      guard name.hasSuffix("weight") else { continue }
      #expect(distance(fixture.numbers("before_\(name)"), fixture.numbers("after_\(name)")) > 1e-4, "\(name)")
    }
  }

  /// By their names in a model file: "layer_0_weight".
  private func named(_ network: Network<Double>) -> [(name: String, parameter: NetworkParameter<Double>)] {
    network.layers.filter { !$0.parameters.isEmpty }.enumerated().flatMap { index, layer in
      layer.parameters.map { ("layer_\(index)_\($0.name)", $0) }
    }
  }

  private static func dense(_ size: Int, isNormalized: Bool = false) -> [Layer<Double>] {
    var layers: [Layer<Double>] = []
    var last = size
    for size in [10, 3, 10] {
      layers.append(Dense([last], outputs: size))
      if isNormalized { layers.append(BatchNorm([size], momentum: 0.01, epsilon: 1e-3)) }
      layers.append(ReLU([size]))
      last = size
    }
    return layers + [Dense([last], outputs: size)]
  }

  /// Layers that process a token as an image.
  private final class Builder {
    private(set) var layers: [Layer<Double>]

    init(_ frames: Int, _ bands: Int) {
      layers = [Transpose(rows: frames, columns: bands, outputShape: [1, bands, frames])]
    }

    func add(_ make: ([Int]) -> Layer<Double>) { layers.append(make(layers.last!.outputShape)) }

    func backToToken(_ frames: Int, _ bands: Int) -> [Layer<Double>] {
      layers + [Reshape(layers.last!.outputShape, [bands, frames]), Transpose(rows: bands, columns: frames)]
    }
  }
}

import Learning
import NodeKit

/// Mean squared error of an autoencoder of dense layers: system A of the references (sizes 128 32 8 32 128, sigmoid), and
/// the baseline of DCASE's task 2 (128 four times, 8, and again, batch normalisation).
final class Autoencoder: AutoencoderDetector {
  override class var declaration: NodeDeclaration {
    NodeDeclaration(
      "detector.autoencoder", version: "1.0.0",
      summary: "Reconstruction error of an autoencoder with dense layers.", realtime: .offload,
      traits: [.detector, .trainable], inputs: inputs, outputs: scoreOutput,
      parameters: sharedParameters + [
        .text("layers", "Sizes of the hidden layers, the narrow one in the middle", default: "128 32 8 32 128"),
        .choice(
          "output", "Activation of the last layer; sigmoid is for values from 0 to 1", of: ["linear", "sigmoid"],
          default: "linear"),
        .boolean("batch_norm", "Normalise the batch before each ReLU", default: "false"),
      ] + NetworkOptions.parameters(epochs: 50, batch: 32, rate: "1e-3", patience: 5))
  }

  private let sizes: [Int]
  private let endsInSigmoid: Bool
  private let isNormalized: Bool

  required init(_ arguments: Arguments) throws {
    sizes = try NetworkOptions.sizes(arguments.text("layers"), parameter: "layers")
    endsInSigmoid = arguments.text("output") == "sigmoid"
    isNormalized = arguments.boolean("batch_norm")
    try super.init(arguments)
  }

  override var structure: String {
    "dense " + sizes.map { "\($0)" }.joined(separator: " ") + (isNormalized ? " batch_norm" : "")
      + (endsInSigmoid ? " sigmoid" : " linear")
  }

  override func layers(_ purpose: Purpose) throws -> [Layer<Float>] {
    var layers: [Layer<Float>] = []
    var last = purpose.size
    for size in sizes {
      layers.append(Dense([last], outputs: size))
      // As in the baseline; Keras calls it a momentum of 0.99.
      if isNormalized { layers.append(BatchNorm([size], momentum: 0.01, epsilon: 1e-3)) }
      layers.append(ReLU([size]))
      last = size
    }
    layers.append(Dense([last], outputs: purpose.size))
    if endsInSigmoid { layers.append(Sigmoid([purpose.size])) }
    return layers
  }
}

import Learning
import NodeKit

/// A convolutional network that classifies labelled sounds: for each of `channels` a convolution, batch normalisation,
/// ReLU and a max-pool, then a dense layer. System B of the references (channels 16).
final class ConvolutionalClassifier: ClassifierDetector {
  override class var declaration: NodeDeclaration {
    NodeDeclaration(
      "classifier.cnn", version: "1.0.0", summary: "Classifies labelled sounds by a convolutional network.",
      realtime: .offload,
      traits: [.detector, .trainable], inputs: sliceInputs, outputs: scoreOutput,
      parameters: sharedParameters + [
        .text("channels", "Channels of each convolution; each halves the image", default: "16")
      ] + NetworkOptions.parameters(epochs: 10, batch: 32, rate: "1e-3", patience: 0, scale: .standard))
  }

  private let channels: [Int]

  required init(_ arguments: Arguments) throws {
    channels = try NetworkOptions.sizes(arguments.text("channels"), parameter: "channels", most: 1024)
    try super.init(arguments)
  }

  override var structure: String { "convolutions " + channels.map { "\($0)" }.joined(separator: " ") }
  override var loss: Loss { .crossEntropy }

  override func layers(_ purpose: Purpose) throws -> [Layer<Float>] {
    guard purpose.rows >> channels.count >= 1, purpose.columns >> channels.count >= 1 else {
      throw NodeError(
        "\(channels.count) halvings are too many for slices of \(purpose.rows) analysis frames and \(purpose.columns) "
          + "bands: give longer slices, or fewer 'channels'", parameter: "channels")
    }
    var shape = [1, purpose.columns, purpose.rows]
    var layers: [Layer<Float>] = [Transpose(rows: purpose.rows, columns: purpose.columns, outputShape: shape)]
    func add(_ layer: Layer<Float>) {
      layers.append(layer)
      shape = layer.outputShape
    }
    for count in channels {
      add(Convolution(shape, outputs: count))
      add(BatchNorm(shape))
      add(ReLU(shape))
      add(MaxPool(shape))
    }
    add(Dense(shape, outputs: purpose.labels.count))
    return layers
  }
}

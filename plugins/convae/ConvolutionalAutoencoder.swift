import Learning
import NodeKit

/// Mean squared error of a convolutional autoencoder: convolutions down to a small image, with max-pools or strides,
/// transposed convolutions up again. System E of the references (channels 8 16, halve pool).
final class ConvolutionalAutoencoder: AutoencoderDetector {
  override class var declaration: NodeDeclaration {
    NodeDeclaration(
      "detector.convae", version: "1.0.0",
      summary: "Reconstruction error of a convolutional autoencoder.", realtime: .offload,
      traits: [.detector, .trainable], inputs: sliceInputs, outputs: scoreOutput,
      parameters: sharedParameters + [
        .text("channels", "Channels of each convolution; each halves the image", default: "8 16"),
        .choice(
          "halve",
          "How: the largest value of each 2 x 2 square, or convolutions at every second place only, which cost "
            + "a quarter", of: ["pool", "stride"], default: "pool"),
        .choice(
          "output", "Activation of the last layer; sigmoid is for values from 0 to 1", of: ["linear", "sigmoid"],
          default: "sigmoid"),
      ] + NetworkOptions.parameters(epochs: 10, batch: 32, rate: "1e-4", patience: 0))
  }

  private let channels: [Int]
  private let isStrided: Bool
  private let endsInSigmoid: Bool

  required init(_ arguments: Arguments) throws {
    channels = try NetworkOptions.sizes(arguments.text("channels"), parameter: "channels", most: 1024)
    isStrided = arguments.text("halve") == "stride"
    endsInSigmoid = arguments.text("output") == "sigmoid"
    try super.init(arguments)
  }

  override var structure: String {
    (isStrided ? "strided " : "") + "convolutions " + channels.map { "\($0)" }.joined(separator: " ")
      + (endsInSigmoid ? " sigmoid" : " linear")
  }

  override func layers(_ purpose: Purpose) throws -> [Layer<Float>] {
    let least = 1 << channels.count
    guard purpose.rows >= least / 2 + 1, purpose.columns >= least / 2 + 1 else {
      throw NodeError(
        "\(channels.count) halvings need slices of at least \(least / 2 + 1) analysis frames and bands, these have "
          + "\(purpose.rows) and \(purpose.columns): give longer slices, or fewer 'channels'", parameter: "channels")
    }
    let image = [1, purpose.columns, purpose.rows]
    var layers: [Layer<Float>] = [Transpose(rows: purpose.rows, columns: purpose.columns, outputShape: image)]
    func add(_ layer: Layer<Float>) -> [Int] {
      layers.append(layer)
      return layer.outputShape
    }
    var shape = image
    for count in channels {
      shape = add(isStrided ? StridedConvolution(shape, outputs: count) : Convolution(shape, outputs: count))
      shape = add(ReLU(shape))
      if !isStrided { shape = add(MaxPool(shape, ceil: true)) }
    }
    for (index, count) in (channels.dropLast().reversed() + [1]).enumerated() {
      shape = add(TransposedConvolution(shape, outputs: count))
      if index + 1 < channels.count { shape = add(ReLU(shape)) }
    }
    shape = add(Crop(shape, rows: purpose.columns, columns: purpose.rows))
    if endsInSigmoid { shape = add(Sigmoid(shape)) }
    layers.append(Reshape(shape, [purpose.columns, purpose.rows]))
    layers.append(Transpose(rows: purpose.columns, columns: purpose.rows))
    return layers
  }
}

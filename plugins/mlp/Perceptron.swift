import Learning
import NodeKit

/// Dense layers that classify labelled sounds: system C of the references (layers 16, dropout 0.3).
final class Perceptron: ClassifierDetector {
  override class var declaration: NodeDeclaration {
    NodeDeclaration(
      "classifier.mlp", version: "1.0.0", summary: "Classifies labelled sounds by dense layers.", realtime: .offload,
      traits: [.detector, .trainable], inputs: inputs, outputs: scoreOutput,
      parameters: sharedParameters + [
        .text("layers", "Sizes of the hidden layers", default: "16"),
        .number(
          "dropout", "Share of each hidden layer's values that a training step sets to 0", unit: .percent,
          default: "30 %", range: 0...90),
        .choice(
          "loss", "Loss of training: the cross-entropy of each label separately, or of all labels together",
          of: ["binary", "categorical"], default: "binary"),
      ] + NetworkOptions.parameters(epochs: 50, batch: 25, rate: "1e-3", patience: 0, initial: .keras))
  }

  private let sizes: [Int]
  private let dropout: Double
  private let isBinary: Bool

  required init(_ arguments: Arguments) throws {
    sizes = try NetworkOptions.sizes(arguments.text("layers"), parameter: "layers")
    dropout = arguments.number("dropout") / 100
    isBinary = arguments.text("loss") == "binary"
    try super.init(arguments)
  }

  override var structure: String { "dense " + sizes.map { "\($0)" }.joined(separator: " ") }
  override var loss: Loss { isBinary ? .binaryCrossEntropy : .crossEntropy }

  override func layers(_ purpose: Purpose) throws -> [Layer<Float>] {
    var layers: [Layer<Float>] = []
    var last = purpose.size
    for (index, size) in sizes.enumerated() {
      layers.append(Dense([last], outputs: size))
      layers.append(ReLU([size]))
      layers.append(Dropout([size], share: dropout, seed: purpose.seed &+ UInt64(index) &+ 1))
      last = size
    }
    layers.append(Dense([last], outputs: purpose.labels.count))
    // On probabilities; the other loss takes the input of a softmax.
    if isBinary { layers.append(Softmax([purpose.labels.count])) }
    return layers
  }
}

import Learning
import NodeKit

/// Mean squared error of an autoencoder of two LSTMs. The first LSTM reads a slice's analysis frames into one vector;
/// dense layers narrow and widen it; the second LSTM gets it at each step. System E of the references (hidden 64, code
/// 32).
final class LSTMAutoencoder: AutoencoderDetector {
  override class var declaration: NodeDeclaration {
    NodeDeclaration(
      "detector.lstmae", version: "1.0.0", summary: "Reconstruction error of an LSTM autoencoder.",
      realtime: .offload, traits: [.detector, .trainable], inputs: sliceInputs, outputs: scoreOutput,
      parameters: sharedParameters + [
        .integer("hidden", "Size of the first LSTM's state", default: "64", range: 1...4096),
        .integer("code", "Size of the narrowest layer", default: "32", range: 1...4096),
      ] + NetworkOptions.parameters(epochs: 10, batch: 32, rate: "1e-4", patience: 0))
  }

  private let hidden: Int
  private let code: Int

  required init(_ arguments: Arguments) throws {
    hidden = arguments.integer("hidden")
    code = arguments.integer("code")
    try super.init(arguments)
  }

  override var structure: String { "lstm \(hidden) code \(code)" }

  override func layers(_ purpose: Purpose) throws -> [Layer<Float>] {
    [
      LSTM([purpose.rows, purpose.columns], size: hidden, lastStepOnly: true),
      Dense([hidden], outputs: code),
      Dense([code], outputs: hidden),
      Repeat([hidden], steps: purpose.rows),
      LSTM([purpose.rows, hidden], size: purpose.columns),
    ]
  }
}

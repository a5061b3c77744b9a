import NodeKit

/// How a network is trained: parameters that all detectors with a network share.
public struct NetworkOptions {
  public let epochs: Int
  public let batch: Int
  public let rate: Double
  /// Epochs without improvement after which training ends; 0: none.
  public let patience: Int
  /// Share of what is learned from that training is watched by.
  public let validation: Double
  public let initialization: Initialization
  public let scaling: Scaling

  /// - Parameters: the defaults of a class.
  public static func parameters(
    epochs: Int, batch: Int, rate: String, patience: Int, validation: String = "10 %",
    initial: Initialization = .pytorch, scale: Scaling = .none
  ) -> [ParameterDeclaration] {
    [
      .integer("epochs", "How often training goes over all tokens, at most", default: "\(epochs)", range: 1...100_000),
      .integer("batch", "Tokens of one step of training", default: "\(batch)", range: 1...4096),
      .number(
        "learning_rate", "How far a step of training goes (Adam)", default: rate, range: 1e-9...10),
      .integer(
        "patience", "Epochs without improvement after which training ends; 0: never",
        default: "\(patience)", range: 0...100_000),
      .number(
        "validation",
        "Share of the recordings, or of each where they are few, by which the best epoch is known and kept; 0: the last is",
        unit: .percent,
        default: validation, range: 0...90),
      .choice(
        "initial", "How weights begin: as PyTorch's or as Keras' layers do", of: ["pytorch", "keras"],
        default: initial.rawValue),
      Scaling.parameter(default: scale),
    ]
  }

  public init(_ arguments: Arguments) {
    epochs = arguments.integer("epochs")
    batch = arguments.integer("batch")
    rate = arguments.number("learning_rate")
    patience = arguments.integer("patience")
    validation = arguments.number("validation") / 100
    initialization = Initialization(rawValue: arguments.text("initial"))!
    scaling = Scaling(arguments)
  }

  /// Sizes of layers as a parameter has them: "128 32 8", with commas or without.
  ///
  /// - Throws: `NodeError` at the parameter.
  ///
  /// - Parameters:
  ///   - least: how many of them there must be.
  ///   - most: the largest that one may be.
  public static func sizes(
    _ text: String, parameter: String, atLeast least: Int = 1, most: Int = 4096
  ) throws -> [Int] {
    let words = text.split { $0 == " " || $0 == "," || $0 == "\t" }
    let sizes = words.compactMap { Int($0) }
    guard sizes.count == words.count, sizes.count >= least, sizes.count <= 16,
      sizes.allSatisfy({ (1...most).contains($0) })
    else {
      throw NodeError(
        "'\(text)' is not a list of \(least) to 16 sizes from 1 to \(most), such as "
          + "'128 32 8'", parameter: parameter)
    }
    return sizes
  }
}
